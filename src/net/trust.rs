//! Whom we trust: the system's certificates, read once, and those of a `ca_file`, read at each use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;

use super::pin::Pinned;
use crate::limits;

/// Why there is nobody to trust.
#[derive(Debug)]
pub enum Fault {
    /// The file cannot be read, or holds no certificate.
    CaFile {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The system has no certificates, and no file was named.
    NoRoots,
    /// The cryptography cannot be set up.
    Provider(String),
}

/// The system's trust anchors. Without any, the next caller looks again: the package may be installed by then.
static SYSTEM: OnceCell<Arc<ClientConfig>> = OnceCell::const_new();

/// What a client needs to verify servers with; shared by all connections without a `ca_file`, so that they can resume
/// each other's sessions.
///
/// # Errors
/// See [`Fault`].
pub async fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Fault> {
    let Some(path) = ca_file else {
        let made = SYSTEM.get_or_try_init(|| async {
            let roots = system_roots().await;
            if roots.is_empty() { Err(Fault::NoRoots) } else { build(roots, Vec::new()) }
        });
        return made.await.cloned();
    };
    let fault = |cause: String| Fault::CaFile { path: path.to_owned(), cause };
    let extra = read(path).await.map_err(|cause| fault(cause.to_string()))?;
    let mut roots = system_roots().await;
    let mut file = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&extra) {
        let certificate = certificate.map_err(|cause| fault(format!("it is not PEM: {cause}")))?;
        roots
            .add(certificate.clone())
            .map_err(|cause| fault(format!("a certificate in it cannot be used: {cause}")))?;
        file.push(certificate);
    }
    if file.is_empty() {
        return Err(fault("there is no certificate in it".to_owned()));
    }
    build(roots, file)
}

/// Reads files, and with them the disk, away from the tasks that must answer. A certificate that cannot be used is left
/// out: old systems carry some.
async fn system_roots() -> RootCertStore {
    static ROOTS: OnceCell<RootCertStore> = OnceCell::const_new();
    let load = || async {
        let loaded = tokio::task::spawn_blocking(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        });
        match loaded.await {
            Ok(roots) if !roots.is_empty() => Ok(roots),
            _ => Err(()),
        }
    };
    ROOTS.get_or_try_init(load).await.cloned().unwrap_or_else(|()| RootCertStore::empty())
}

async fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut file = tokio::fs::File::open(path).await?.take(limits::memory::NET_CA_FILE_BYTES + 1);
    file.read_to_end(&mut text).await?;
    if text.len() as u64 > limits::memory::NET_CA_FILE_BYTES {
        return Err(std::io::Error::other("it is too long for a list of certificates"));
    }
    Ok(text)
}

fn build(roots: RootCertStore, file: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|cause| Fault::Provider(cause.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| Fault::Provider(cause.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { usual, file }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}
