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

/// Pieces, file by file.
pub(super) struct MemoryStore {
    id: String,
    files: Rc<[ReceivedFile]>,
    delivery: Delivery,
    outlet: Outlet,
    parts: Vec<Array>,
}

impl MemoryStore {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, delivery: Delivery, outlet: Outlet) -> Self {
        let parts = files.iter().map(|_| Array::new()).collect();
        Self { id: id.to_owned(), files, delivery, outlet, parts }
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

    async fn finish(&mut self, _file: u32) -> Result<(), SinkError> {
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        let options = BlobPropertyBag::new();
        options.set_type("application/octet-stream");
        let blobs = self.parts.iter().map(|parts| Blob::new_with_u8_array_sequence_and_options(parts, &options));
        let blobs = blobs.collect::<Result<Vec<_>, _>>()?;
        for (index, (file, blob)) in self.files.iter().zip(&blobs).enumerate() {
            kept::keep(index, file, blob);
        }
        publish(&self.id, &self.files, blobs, self.delivery, &self.outlet).await
    }

    async fn discard(&mut self) {
        self.parts.clear();
    }
}
