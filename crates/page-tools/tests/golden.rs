//! What every tool answers, to the letter: the end-to-end suite asks the module that browsers load the same questions.

/// A tool's name, a request and its answer in hex digits, or nothing where there is none.
type Question = (String, String, Option<String>);

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ask(tool: &str, request: &[u8]) -> Option<Vec<u8>> {
    match tool {
        "qr" => perkoon_page_tools::qr(request),
        "words" => perkoon_page_tools::words(request),
        "start" => perkoon_page_tools::start(request),
        "finish" => perkoon_page_tools::finish(request),
        _ => panic!("no tool is called {tool}"),
    }
}

#[test]
fn every_answer_is_the_one_written_down() {
    let questions: Vec<Question> = serde_json::from_str(include_str!("golden.json")).expect("a list of questions");
    assert!(!questions.is_empty());
    for (tool, request, answer) in questions {
        assert_eq!(ask(&tool, &bytes(&request)).map(|answer| hex(&answer)), answer, "{tool} {request}");
    }
}
