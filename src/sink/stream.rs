//! Verified pieces straight into the browser's downloads, nothing kept: for programs and for large receives.

use std::rc::Rc;

use super::{
    download::{Contents, Download, settle},
    run::{Outlet, ReceivedFile, SinkError, Store},
};
use crate::platform::payload::Buffer;

/// One download a file, one at a time.
pub(super) struct FileStream {
    id: String,
    files: Rc<[ReceivedFile]>,
    outlet: Outlet,
    /// The download being fed, and its file.
    current: Option<(u32, Download)>,
    /// Files before this one have been taken by the browser.
    drained: u32,
}

impl FileStream {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, outlet: Outlet) -> Self {
        Self { id: id.to_owned(), files, outlet, current: None, drained: 0 }
    }

    /// The file's own download. The window lets a file's pieces arrive before the file before it is finished; that one's download
    /// has been given every byte by then, and empty files in between have none to wait for.
    async fn current(&mut self, file: u32) -> Result<&Download, SinkError> {
        let download = match self.current.take() {
            Some((fed, download)) if fed == file => download,
            earlier => {
                self.drain(earlier).await?;
                while self.drained < file {
                    let empty = self.start(self.drained).await?;
                    self.drain(Some((self.drained, empty))).await?;
                }
                self.start(file).await?
            }
        };
        Ok(&self.current.insert((file, download)).1)
    }

    async fn start(&self, file: u32) -> Result<Download, SinkError> {
        let contents = Contents::LiveFile(&self.files[file as usize]);
        Download::start(&format!("{}-{file}", self.id), contents, &self.outlet).await
    }

    async fn drain(&mut self, fed: Option<(u32, Download)>) -> Result<(), SinkError> {
        if let Some((file, download)) = fed {
            download.drained().await?;
            self.drained = file + 1;
        }
        Ok(())
    }
}

impl Store for FileStream {
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        self.current(file).await?.send(file, offset, payload)
    }

    async fn finish(&mut self, file: u32) -> Result<(), SinkError> {
        if file < self.drained {
            return Ok(());
        }
        self.current(file).await?;
        let fed = self.current.take();
        self.drain(fed).await
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        settle().await
    }

    async fn discard(&mut self) {
        self.current = None;
    }
}

/// Everything in one archive.
pub(super) struct ArchiveStream {
    id: String,
    files: Rc<[ReceivedFile]>,
    outlet: Outlet,
    download: Option<Download>,
}

impl ArchiveStream {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, outlet: Outlet) -> Self {
        Self { id: id.to_owned(), files, outlet, download: None }
    }

    async fn started(&mut self) -> Result<Download, SinkError> {
        match self.download.take() {
            Some(download) => Ok(download),
            None => Download::start(&self.id, Contents::LiveArchive(&self.files), &self.outlet).await,
        }
    }
}

impl Store for ArchiveStream {
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        let download = self.started().await?;
        self.download.insert(download).send(file, offset, payload)
    }

    /// The archive goes on; a file is as safe as it will be before the archive's end.
    async fn finish(&mut self, _file: u32) -> Result<(), SinkError> {
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        self.started().await?.drained().await?;
        settle().await
    }

    async fn discard(&mut self) {
        self.download = None;
    }
}
