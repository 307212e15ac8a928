//! The pages made of text: `/automate`, `/terms` and `/privacy`, and `/llms.txt`, which is the first of them as Markdown. They come
//! from `web/pages`, and the tables of hooks, events and errors from the code itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use perkoon_protocol::ErrorCode;
use perkoon_site::TEXT_PAGES;
use perkoon_web::automation::{event_names::EVENT_NAMES, hooks::HOOKS};
use perkoon_web::state::TransferStatus;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use sha2::{Digest, Sha256};

use crate::workspace;

const GUIDE: &str = "automate";

/// Writes the pages into `dist`, which holds everything else already.
pub fn write(dist: &Path) -> Result<()> {
    let sources = workspace::path("web/pages");
    let read = |name: &str| fs::read_to_string(sources.join(name)).with_context(|| format!("cannot read web/pages/{name}"));
    let frame = read("page.html")?
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{boot}}", &built(dist, "boot-", ".js")?)
        .replace("{{style}}", &built(dist, "style-", ".css")?)
        .replace("{{text}}", &write_style_sheet(dist, &read("text.css")?)?);
    for page in TEXT_PAGES {
        let mut markdown = read(&format!("{page}.md"))?;
        if page == GUIDE {
            markdown = filled(&markdown)?;
            fs::write(dist.join("llms.txt"), &markdown)?;
        }
        let html = frame.replace("{{title}}", title(&markdown)).replace("{{content}}", &rendered(&markdown));
        fs::write(dist.join(format!("{page}.html")), html)?;
    }
    Ok(())
}

/// The name of a built file, which holds a hash.
fn built(dist: &Path, start: &str, end: &str) -> Result<String> {
    let names = fs::read_dir(dist)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut fitting = names.filter(|name| name.starts_with(start) && name.ends_with(end));
    fitting.next().with_context(|| format!("dist holds no {start}…{end}"))
}

/// Writes what these pages look like, and answers with its name. That holds a hash: pages ask for it by its digest, which a copy of an
/// older one in a cache would not have.
fn write_style_sheet(dist: &Path, style: &str) -> Result<String> {
    let hash: String = Sha256::digest(style)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("text-{hash}.css");
    fs::write(dist.join(&name), style)?;
    Ok(name)
}

/// The guide with its tables.
fn filled(guide: &str) -> Result<String> {
    for status in TransferStatus::ALL {
        ensure!(guide.contains(&format!("\n| `{}` |", status.as_str())), "web/pages/automate.md does not explain {status:?}");
    }
    let types = fs::read_to_string(workspace::path("public/perkoon.d.ts")).context("cannot read public/perkoon.d.ts")?;
    let filled = guide
        .replace("{{types}}", &format!("```ts\n{}\n```", types.trim_end()))
        .replace("{{hooks}}", &hooks())
        .replace("{{events}}", &events())
        .replace("{{errors}}", &errors());
    ensure!(!filled.contains("{{"), "web/pages/automate.md has a placeholder that nothing fills");
    Ok(filled)
}

fn hooks() -> String {
    let rows = HOOKS.iter().map(|hook| [format!("`{}`", hook.id), hook.side.as_str().to_owned(), hook.element.to_owned()]);
    table(["`data-testid`", "side", "what it is"], rows)
}

fn events() -> String {
    let rows =
        EVENT_NAMES.iter().map(|event| [format!("`{}`", event.name), format!("`{}`", event.detail), event.when.to_owned()]);
    table(["event", "`detail`", "when"], rows)
}

fn errors() -> String {
    let retryable = |code: ErrorCode| if code.retryable() { "yes" } else { "no" }.to_owned();
    let rows = ErrorCode::ALL.iter().map(|code| [format!("`{code}`"), retryable(*code), code.sentence().to_owned()]);
    table(["code", "retryable", "what people read"], rows)
}

fn table(head: [&str; 3], rows: impl Iterator<Item = [String; 3]>) -> String {
    let line = |cells: [&str; 3]| format!("| {} |", cells.join(" | "));
    let head = [line(head), "|---|---|---|".to_owned()];
    let rows = rows.map(|row| line(row.each_ref().map(String::as_str)));
    head.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The words of the first heading.
fn title(markdown: &str) -> &str {
    markdown.lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// Markdown as HTML; wide tables scroll by themselves, and every heading can be linked to.
fn rendered(markdown: &str) -> String {
    let events: Vec<_> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let mut marked = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let id = (*level != HeadingLevel::H1).then(|| CowStr::from(slug(&events[index + 1..])));
                marked.push(Event::Start(Tag::Heading { level: *level, id, classes: Vec::new(), attrs: Vec::new() }));
            }
            Event::Start(Tag::Table(_)) => {
                marked.push(Event::Html(r#"<div class="table" tabindex="0" role="group" aria-label="Table">"#.into()));
                marked.push(event.clone());
            }
            Event::End(TagEnd::Table) => {
                marked.push(event.clone());
                marked.push(Event::Html("</div>\n".into()));
            }
            _ => marked.push(event.clone()),
        }
    }
    let mut html = String::new();
    html::push_html(&mut html, marked.into_iter());
    // Code that is wider than the page is scrolled, by keyboard too.
    html.replace("<pre>", r#"<pre tabindex="0">"#)
}

/// A heading's words as a fragment.
fn slug(after: &[Event<'_>]) -> String {
    let inside = after.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    let words = inside.filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        _ => None,
    });
    let words = words.collect::<String>().to_lowercase();
    let parts = words.split(|symbol: char| !symbol.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_every_hook_event_error_and_status() {
        let guide = fs::read_to_string(workspace::path("web/pages/automate.md")).expect("the guide");
        let guide = filled(&guide).expect("every placeholder filled");
        let hooks = HOOKS.iter().map(|hook| hook.id);
        let events = EVENT_NAMES.iter().map(|event| event.name);
        let errors = ErrorCode::ALL.iter().map(|code| code.as_str());
        for name in hooks.chain(events).chain(errors) {
            assert!(guide.contains(&format!("| `{name}` |")), "{name}");
        }
    }

    #[test]
    fn the_declarations_know_every_event() {
        let types = fs::read_to_string(workspace::path("public/perkoon.d.ts")).expect("the declarations");
        let declared: Vec<_> = types.lines().filter_map(|line| line.trim().strip_prefix('\'')?.split('\'').next()).collect();
        assert_eq!(declared, EVENT_NAMES.iter().map(|event| event.name).collect::<Vec<_>>());
    }

    #[test]
    fn headings_can_be_linked_to_and_tables_scroll() {
        let html = rendered("# One\n\n## The `first` part\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(html.contains(r#"<h2 id="the-first-part">"#), "{html}");
        assert!(html.contains(r#"<div class="table" tabindex="0" role="group" aria-label="Table"><table>"#), "{html}");
    }
}
