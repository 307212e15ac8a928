//! Whole files into the browser's downloads.

use web_sys::Blob;

use super::{
    choose::Delivery,
    download::{Contents, Download, save_by_link, settle},
    run::{Outlet, ReceivedFile, SinkError},
    worker::active_worker,
};

/// Saves `blobs`, the contents of `files`, until the browser has taken all of them.
pub(super) async fn publish(
    id: &str,
    files: &[ReceivedFile],
    blobs: Vec<Blob>,
    delivery: Delivery,
    outlet: &Outlet,
) -> Result<(), SinkError> {
    if active_worker().await.is_none() {
        return files.iter().zip(&blobs).try_for_each(|(file, blob)| save_by_link(blob, &file.saved_as));
    }
    match delivery {
        Delivery::Archive => Download::start(id, Contents::Archive(files, blobs), outlet).await?.drained().await?,
        Delivery::EachFile => {
            for (index, (file, blob)) in files.iter().zip(blobs).enumerate() {
                Download::start(&format!("{id}-{index}"), Contents::File(file, blob), outlet).await?.drained().await?;
            }
        }
    }
    settle().await
}
