//! Files written to the place a person picked (File System Access). The browser writes to a hidden copy and puts it in place when it
//! is closed, so that a broken transfer leaves no finished-looking file.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemWritableFileStream,
};

use super::{
    kept,
    run::{Outlet, ReceivedFile, SinkError, SinkEvent, Store},
};
use crate::{
    platform::{call_async, error_name, object, payload::Buffer},
    session::PickedTarget,
};

/// Names tried beside one that is taken, before giving up.
const NAMES_TRIED: u32 = 1000;

/// A small file's bytes arrive before the file before it is finished, so several are open at once: at most as many as pieces are asked for.
pub(super) struct PickerStore {
    place: PickedTarget,
    files: Rc<[ReceivedFile]>,
    outlet: Outlet,
    open: Vec<OpenFile>,
}

struct OpenFile {
    file: u32,
    handle: FileSystemFileHandle,
    stream: FileSystemWritableFileStream,
}

impl PickerStore {
    pub(super) fn new(place: PickedTarget, files: Rc<[ReceivedFile]>, outlet: Outlet) -> Self {
        Self { place, files, outlet, open: Vec::new() }
    }

    async fn stream(&mut self, file: u32) -> Result<FileSystemWritableFileStream, SinkError> {
        if let Some(open) = self.open.iter().find(|open| open.file == file) {
            return Ok(open.stream.clone());
        }
        let handle = match &self.place {
            PickedTarget::File(handle) => handle.clone(),
            PickedTarget::Folder(folder) => new_file(folder, &self.files[file as usize].path).await?,
        };
        let stream: FileSystemWritableFileStream = JsFuture::from(handle.create_writable()).await?.unchecked_into();
        self.open.push(OpenFile { file, handle, stream: stream.clone() });
        Ok(stream)
    }
}

impl Store for PickerStore {
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        let stream = self.stream(file).await?;
        let mut position = offset as f64;
        for Buffer { bytes, .. } in payload {
            let order = object(&[("type", "write".into()), ("position", position.into()), ("data", bytes.clone().into())]);
            call_async(&stream, "write", &[order.into()]).await?;
            position += f64::from(bytes.byte_length());
        }
        (self.outlet)(SinkEvent::Written { file, offset });
        Ok(())
    }

    async fn finish(&mut self, file: u32) -> Result<(), SinkError> {
        let stream = self.stream(file).await?;
        call_async(&stream, "close", &[]).await?;
        if let Some(index) = self.open.iter().position(|open| open.file == file) {
            let OpenFile { handle, .. } = self.open.swap_remove(index);
            kept::keep(file, &self.files[file as usize], JsFuture::from(handle.get_file()).await?.unchecked_ref());
        }
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        kept::saved(None);
        Ok(())
    }

    async fn discard(&mut self) {
        for open in self.open.drain(..) {
            let _ = call_async(&open.stream, "abort", &[]).await;
            // Making the handle has left an empty file, where the browser can take it away again.
            let _ = call_async(&open.handle, "remove", &[]).await;
        }
    }
}

/// Makes the folders of `path` and a new file in them, beside any that is already there: nothing is overwritten.
async fn new_file(folder: &FileSystemDirectoryHandle, path: &str) -> Result<FileSystemFileHandle, SinkError> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folder = folder.clone();
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        folder = JsFuture::from(folder.get_directory_handle_with_options(part, &options)).await?.unchecked_into();
    }
    let name = free_name(&folder, name).await?;
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    Ok(JsFuture::from(folder.get_file_handle_with_options(&name, &options)).await?.unchecked_into())
}

async fn free_name(folder: &FileSystemDirectoryHandle, name: &str) -> Result<String, SinkError> {
    let dot = name.rfind('.').filter(|dot| *dot > 0);
    let (stem, extension) = dot.and_then(|dot| name.split_at_checked(dot)).unwrap_or((name, ""));
    for number in 1..NAMES_TRIED {
        let candidate = if number == 1 { name.to_owned() } else { format!("{stem} ({number}){extension}") };
        match JsFuture::from(folder.get_file_handle(&candidate)).await {
            Ok(_) => {}
            Err(error) if is_free(&error) => return Ok(candidate),
            Err(error) => return Err(error.into()),
        }
    }
    Err(perkoon_protocol::ErrorCode::TargetExists.into())
}

fn is_free(error: &JsValue) -> bool {
    error_name(error) == "NotFoundError"
}
