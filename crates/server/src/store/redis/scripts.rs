//! What is done in Redis in one step. Redis runs a script whole, with nobody else's commands in between.

use redis::Script;

#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) load: Script,
    pub(super) save: Script,
    pub(super) beat: Script,
    pub(super) deserted: Script,
    pub(super) keep: Script,
    pub(super) admit: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            load: Script::new(include_str!("load.lua")),
            save: Script::new(include_str!("save.lua")),
            beat: Script::new(include_str!("beat.lua")),
            deserted: Script::new(include_str!("deserted.lua")),
            keep: Script::new(include_str!("keep.lua")),
            admit: Script::new(include_str!("admit.lua")),
        }
    }
}
