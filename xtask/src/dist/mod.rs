//! `cargo xtask dist`: the built pages for a host that only serves files, with the server elsewhere. It is the ordinary build, stamped with
//! where it is going to be and where its server is.

mod hosts;
mod place;
mod stamp;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use perkoon_site::TEXT_PAGES;

use self::place::{Base, Origin};
use self::stamp::Stamp;
use crate::build::{self, timed};
use crate::{compress, integrity, printer, workspace};

/// The application, which is shown wherever no other file is.
const APP: &str = "index.html";

/// For hosts that take headers and redirects from files. No build of another kind has the second.
const HEADERS: &str = "_headers";
const REDIRECTS: &str = "_redirects";

/// What the pages are made for.
#[derive(Args)]
pub struct Options {
    /// Origin of the server that the pages talk to.
    #[arg(long, value_name = "ORIGIN", help = "Origin of the server that the pages talk to, such as https://api.example.org")]
    server: Origin,
    /// Where the pages are going to be: a folder of their host or, better, their whole address.
    #[arg(long, value_name = "FOLDER|URL", default_value = "/")]
    #[arg(help = "Where the pages are going to be: a folder of their host (/some/dir/) or, better, their whole address \
        (https://me.example/some/dir/). Only with that the guide and the ready-made scripts know where they come from")]
    base: Base,
    /// Where to write them [default: dist-static in the repository]. What `dist` wrote there before is replaced.
    #[arg(long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
    /// Take dist/ as the last build has left it.
    #[arg(long)]
    no_build: bool,
}

/// Builds the pages and writes them for the host.
pub fn run(options: &Options) -> Result<()> {
    if !options.no_build {
        build::run()?;
    }
    let output = options.output.clone().unwrap_or_else(|| workspace::path("dist-static"));
    let stamp = Stamp { server: options.server.clone(), base: options.base.clone() };
    timed("Stamp the pages", || write(&workspace::path("dist"), &output, &stamp))?;
    printer::line(&format!("{} is for {}, with the server at {}.", output.display(), stamp.base, stamp.server));
    Ok(())
}

fn write(dist: &Path, output: &Path, stamp: &Stamp) -> Result<()> {
    clear(output)?;
    let built = compress::plain_files(dist).context("run `cargo xtask build` first, or leave --no-build out")?;
    let mut names = Vec::new();
    for name in built.iter().filter(|name| *name != "404.html") {
        let bytes = fs::read(dist.join(name)).with_context(|| format!("cannot read dist/{name}"))?;
        let stamped = stamp.file(name, &bytes)?;
        for place in places(name) {
            put(dist, output, name, &place, &bytes, &stamped)?;
            names.push(place);
        }
    }
    integrity::check(output, stamp.base.folder())?;
    fs::write(output.join(HEADERS), hosts::headers(stamp, &names))?;
    fs::write(output.join(REDIRECTS), hosts::redirects(stamp))?;
    Ok(())
}

/// Empties the directory of what an earlier run has written, and of nothing else.
fn clear(output: &Path) -> Result<()> {
    let is_ours = [APP, REDIRECTS].iter().all(|name| output.join(name).is_file());
    let is_empty = fs::read_dir(output).map_or(true, |mut entries| entries.next().is_none());
    ensure!(is_ours || is_empty, "{} holds something else: name another directory with --output", output.display());
    if is_ours {
        fs::remove_dir_all(output).with_context(|| format!("cannot empty {}", output.display()))?;
    }
    fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display()))
}

/// Where a file is needed. Hosts without rewrites find a page at its address by one of two names, and show `404.html` where there is none.
fn places(name: &str) -> Vec<String> {
    let page = |page: &str| [format!("{page}.html"), format!("{page}/{APP}")];
    let stem = name.strip_suffix(".html").unwrap_or_default();
    if name == APP {
        [APP, "404.html"].map(str::to_owned).into_iter().chain(page("create")).collect()
    } else if TEXT_PAGES.contains(&stem) {
        page(stem).into()
    } else {
        vec![name.to_owned()]
    }
}

/// Writes a file with its compressed copies; those of one that is as it was are there already.
fn put(dist: &Path, output: &Path, name: &str, place: &str, bytes: &[u8], stamped: &[u8]) -> Result<()> {
    let file = output.join(place);
    fs::create_dir_all(file.parent().expect("it lies in the output"))?;
    fs::write(&file, stamped)?;
    if stamped != bytes {
        return compress::compress_file(output, &file).map(drop);
    }
    for suffix in compress::SUFFIXES {
        let copy = dist.join(format!("{name}{suffix}"));
        if copy.is_file() {
            fs::copy(copy, output.join(format!("{place}{suffix}")))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrity::seal;

    /// A directory that is gone after the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let directory = std::env::temp_dir().join(format!("perkoon-dist-{name}-{}", std::process::id()));
            fs::create_dir_all(&directory).expect("a temporary directory");
            Self(directory)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            // What is left in the system's own place for it does no harm.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const PAGE: &str = r#"<!doctype html><meta content="connect-src 'self'; form-action 'none'" http-equiv=Content-Security-Policy><script data-wasm=/app-0123456789abcdef_bg.wasm data-tools=/tools.wasm src=/boot-0123456789abcdef.js></script><script src=/app-0123456789abcdef.js type=module></script><link href=/favicon.svg rel=icon><a href=/>Perkoon</a>"#;

    /// A build, sealed and compressed as `cargo xtask build` leaves it.
    fn build(dist: &Path) {
        for name in ["index.html", "terms.html"] {
            fs::write(dist.join(name), PAGE).expect("written");
        }
        for name in
            ["app-0123456789abcdef_bg.wasm", "tools.wasm", "boot-0123456789abcdef.js", "app-0123456789abcdef.js", "favicon.svg"]
        {
            fs::write(dist.join(name), name).expect("written");
        }
        fs::write(dist.join("llms.txt"), "https://HOST/create, https://HOST/api/v1").expect("written");
        seal(dist).expect("sealed");
        fs::copy(dist.join("index.html"), dist.join("404.html")).expect("copied");
        compress::compress_tree(dist).expect("compressed");
    }

    fn stamp(base: &str) -> Stamp {
        Stamp { server: "https://api.example".parse().expect("an origin"), base: base.parse().expect("a base") }
    }

    fn read(directory: &Path, name: &str) -> String {
        fs::read_to_string(directory.join(name)).expect(name)
    }

    #[test]
    fn a_build_is_stamped_sealed_and_compressed_and_every_page_has_its_files() {
        let scratch = Scratch::new("whole");
        let [dist, output] = ["dist", "out"].map(|name| scratch.0.join(name));
        fs::create_dir(&dist).expect("made");
        build(&dist);
        write(&dist, &output, &stamp("https://me.example/some/dir/")).expect("written");

        let page = read(&output, APP);
        assert!(
            page.contains("src=/some/dir/boot-0123456789abcdef.js")
                && page.contains("connect-src 'self' https://api.example wss")
        );
        assert!(page.contains("integrity=\"sha256-"), "{page}");
        for name in ["404.html", "create.html", "create/index.html"] {
            assert_eq!(read(&output, name), page, "{name}");
        }
        assert_eq!(read(&output, "terms.html"), read(&output, "terms/index.html"));
        assert_eq!(read(&output, "llms.txt"), "https://me.example/some/dir/create, https://api.example/api/v1");
        let script = "app-0123456789abcdef.js";
        assert_eq!(read(&output, script), script);
        for name in [APP, "create/index.html", "llms.txt", script] {
            let packed = fs::read(output.join(format!("{name}.br"))).expect(name);
            let mut unpacked = Vec::new();
            brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).expect("valid brotli");
            assert_eq!(unpacked, fs::read(output.join(name)).expect(name), "{name}");
        }
        assert!(
            read(&output, HEADERS).contains("/some/dir/create\n")
                && read(&output, REDIRECTS).contains("https://api.example/api/")
        );
    }

    #[test]
    fn another_run_replaces_the_one_before_and_nothing_else() {
        let scratch = Scratch::new("twice");
        let [dist, output, precious] = ["dist", "out", "precious"].map(|name| scratch.0.join(name));
        fs::create_dir(&dist).expect("made");
        build(&dist);
        for base in ["/one/", "/two/"] {
            write(&dist, &output, &stamp(base)).expect("written");
            fs::write(output.join("old.js"), "").expect("written");
        }
        write(&dist, &output, &stamp("/")).expect("written");
        assert!(!output.join("old.js").exists() && !read(&output, APP).contains("/two/"));
        fs::create_dir(&precious).expect("made");
        fs::write(precious.join(APP), "somebody's").expect("written");
        let refused = write(&dist, &precious, &stamp("/")).expect_err("not ours").to_string();
        assert!(refused.contains("--output"), "{refused}");
        assert!(write(&dist, &dist, &stamp("/")).is_err(), "a build is no output");
        assert_eq!(read(&precious, APP), "somebody's");
    }

    #[test]
    fn a_digest_that_does_not_fit_is_found() {
        let scratch = Scratch::new("digest");
        let [dist, output] = ["dist", "out"].map(|name| scratch.0.join(name));
        fs::create_dir(&dist).expect("made");
        build(&dist);
        fs::write(dist.join("app-0123456789abcdef.js"), "another").expect("written");
        let refused = format!("{:#}", write(&dist, &output, &stamp("/files/")).expect_err("another digest"));
        assert!(refused.contains("app-0123456789abcdef.js"), "{refused}");
    }
}
