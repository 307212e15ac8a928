//! Everything in memory until it is whole: the last resort, for small receives in browsers that offer nothing else.

use std::rc::Rc;

use js_sys::Array;
use web_sys::{Blob, BlobPropertyBag};

use super::{
    choose::Delivery,
    kept,
    publish::publish,
    run::{Outlet, ReceivedFile, SinkError, SinkEvent, Store},
};
use crate::platform::payload::Buffer;

/// The pieces of one file, and the files before it.
pub(super) struct MemoryStore {
    id: String,
    files: Rc<[ReceivedFile]>,
    delivery: Delivery,
    outlet: Outlet,
    parts: Vec<Array>,
    blobs: Vec<Option<Blob>>,
}

impl MemoryStore {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, delivery: Delivery, outlet: Outlet) -> Self {
        let blobs = vec![None; files.len()];
        let parts = files.iter().map(|_| Array::new()).collect();
        Self { id: id.to_owned(), files, delivery, outlet, parts, blobs }
    }
}

impl Store for MemoryStore {
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        for Buffer { bytes, .. } in payload {
            self.parts[file as usize].push(&bytes);
        }
        (self.outlet)(SinkEvent::Written { file, offset });
        Ok(())
    }

    async fn finish(&mut self, file: u32) -> Result<(), SinkError> {
        let options = BlobPropertyBag::new();
        options.set_type("application/octet-stream");
        let parts = std::mem::take(&mut self.parts[file as usize]);
        let content = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
        kept::keep(file, &self.files[file as usize], &content);
        self.blobs[file as usize] = Some(content);
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        let blobs = std::mem::take(&mut self.blobs).into_iter().flatten().collect();
        publish(&self.id, &self.files, blobs, self.delivery, &self.outlet).await?;
        kept::saved(None);
        Ok(())
    }

    async fn discard(&mut self) {
        self.parts.clear();
        self.blobs.clear();
    }
}
