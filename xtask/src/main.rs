//! What a newcomer and CI run: `cargo xtask serve | build | dist | test | bench`.

mod bench;
mod browsers;
mod budget;
mod build;
mod command;
mod compress;
mod dist;
mod integrity;
mod netns;
mod outcome;
mod printer;
mod python;
mod serve;
mod test;
mod text_pages;
mod times;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};

/// Builds, serves, tests and measures Perkoon.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build everything and serve it.
    Serve(serve::Options),
    /// Build `dist/` and `target/release/perkoon`, which embeds it.
    Build,
    /// Build the pages for a host of static files, with the server elsewhere.
    Dist(dist::Options),
    /// Run every check and test.
    Test(test::Options),
    /// Run the benchmarks.
    Bench(bench::Options),
}

fn main() -> std::process::ExitCode {
    let result = match Arguments::parse().task {
        Task::Serve(options) => serve::run(&options),
        Task::Build => build::run(),
        Task::Dist(options) => dist::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            printer::failure(&format!("{error:#}"));
            std::process::ExitCode::FAILURE
        }
    }
}
