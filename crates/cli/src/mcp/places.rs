//! Where the tools may read and write. An agent may have been talked into anything: so it is told what it may name, and no link leads
//! around that.

use std::{
    env,
    path::{Component, Path, PathBuf},
};

use perkoon_peer::Failure;

use super::words;

/// Where received files go when nobody says.
const RECEIVED: &str = "received";

/// Folders of the system that are never touched, whatever is below them.
const SYSTEM: [&str; 4] = ["/etc", "/proc", "/sys", "/dev"];

/// Names of folders that hold keys and settings, which are never touched, wherever they are.
const PRIVATE: [&str; 4] = [".ssh", ".gnupg", ".aws", ".config"];

/// The folders that the tools may touch, and those among them that they may not.
#[derive(Clone, Debug)]
pub(super) struct Places {
    home: Option<PathBuf>,
    working: PathBuf,
    /// Home and working folder, links resolved.
    within: Vec<PathBuf>,
    /// What is never touched, links resolved: a private folder may lie somewhere else.
    forbidden: Vec<PathBuf>,
}

impl Places {
    /// For whoever runs this program, where it was started.
    pub(super) fn of_this_process() -> Self {
        Self::new(env::home_dir(), env::current_dir().unwrap_or_default())
    }

    fn new(home: Option<PathBuf>, working: PathBuf) -> Self {
        // Some hosts start programs at the root, which is no choice of a folder.
        let chosen = |folder: &Path| folder.canonicalize().ok().filter(|real| real.parent().is_some());
        let within = home.as_deref().into_iter().chain([working.as_path()]).filter_map(chosen).collect();
        let private = [home.as_deref(), Some(working.as_path())]
            .into_iter()
            .flatten()
            .flat_map(|folder| PRIVATE.map(|name| folder.join(name)));
        let forbidden = SYSTEM.map(PathBuf::from).into_iter().chain(private);
        let forbidden = forbidden.flat_map(|folder| folder.canonicalize().into_iter().chain([folder])).collect();
        Self { home, working, within, forbidden }
    }

    /// A file that may be read.
    pub(super) fn file(&self, typed: &str) -> Result<PathBuf, Failure> {
        let file = self.allowed(typed)?;
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(file),
            Ok(metadata) if metadata.is_dir() => Err(words::refused(format!(
                "{typed} is a folder, and send_file sends one file. Pack the folder into an archive and send that."
            ))),
            Ok(_) => Err(words::refused(format!("{typed} is no file that could be sent. Choose another one."))),
            Err(error) => Err(words::refused(format!("{typed} cannot be read ({error}). Check the path."))),
        }
    }

    /// A folder that may be written into, whether it is there or not.
    pub(super) fn folder(&self, typed: Option<&str>) -> Result<PathBuf, Failure> {
        let typed = typed.unwrap_or(RECEIVED);
        let folder = self.allowed(typed)?;
        let there = folder.ancestors().find(|above| above.exists());
        match there {
            Some(above) if !above.is_dir() => Err(words::refused(format!(
                "{typed} cannot be a folder, as {} is a file. Choose another output_dir.",
                above.display()
            ))),
            _ => Ok(folder),
        }
    }

    /// The place that a path leads to, if it may be touched.
    fn allowed(&self, typed: &str) -> Result<PathBuf, Failure> {
        let path = self.absolute(typed)?;
        let real = resolve(&path);
        if [Some(&path), real.as_ref()].into_iter().flatten().any(|path| self.is_forbidden(path)) {
            return Err(words::refused(format!(
                "{typed} is in a place for keys, settings or devices, which these tools never touch ({}, {}). Choose another place.",
                SYSTEM.join(", "),
                PRIVATE.join(", ")
            )));
        }
        let Some(real) = real else {
            return Err(words::refused(format!(
                "{typed} leads through a link to nowhere, or back out of a folder that is not there. Name it directly."
            )));
        };
        if !self.within.iter().any(|folder| real.starts_with(folder)) {
            return Err(words::refused(format!(
                "{typed} is outside of the folders that these tools may touch ({}). Choose another place.",
                self.within.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
            )));
        }
        Ok(real)
    }

    fn absolute(&self, typed: &str) -> Result<PathBuf, Failure> {
        if typed.trim().is_empty() || typed.contains('\0') {
            return Err(words::refused("That is no path. Name a file or a folder."));
        }
        let in_home = typed.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        Ok(match (in_home, &self.home) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            _ => self.working.join(typed),
        })
    }

    fn is_forbidden(&self, path: &Path) -> bool {
        self.forbidden.iter().any(|folder| path.starts_with(folder)) || path.components().any(is_private)
    }
}

/// Windows takes names for the same that end in dots or spaces, or go on with a colon.
fn is_private(part: Component<'_>) -> bool {
    let Component::Normal(name) = part else { return false };
    let name = name.to_string_lossy();
    let name = name.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    PRIVATE.iter().any(|private| name.eq_ignore_ascii_case(private))
}

/// The path with every link resolved, as far as it exists. None where what does not exist could still turn out to be elsewhere.
fn resolve(path: &Path) -> Option<PathBuf> {
    for above in path.ancestors() {
        if let Ok(real) = above.canonicalize() {
            let rest = path.strip_prefix(above).ok()?;
            let is_plain = rest.components().all(|part| matches!(part, Component::Normal(_)));
            return is_plain.then(|| if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
        if above.is_symlink() {
            return None;
        }
    }
    None
}

#[cfg(all(test, unix))]
mod tests;
