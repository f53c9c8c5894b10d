//! A certificate authority of our own, made by `openssl` in a temporary folder, that also makes what must be refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// Nothing: for "localhost" and 127.0.0.1.
    Good,
    /// It is for "elsewhere.example".
    WrongName,
    /// It ended in 2021.
    Expired,
    /// It begins in 2098.
    TooYoung,
    /// It signs itself.
    SelfSigned,
    /// It signs itself and says it is an authority: what `openssl req -x509` makes.
    SelfSignedAuthority,
    /// The same for "elsewhere.example".
    WrongNameAuthority,
    /// The same, and it ended yesterday.
    ExpiredAuthority,
}

/// The authority and the folder it lives in, gone when dropped.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

const CONFIG: &str = "[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
";

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.write("index", "");
        authority.write("serial", "01\n");
        authority.write("ca.cnf", CONFIG);
        authority.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=rig -keyout ca.key -out ca.pem");
        authority
    }

    /// Its own certificate, to be trusted.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The certificate of the server that was made last.
    pub fn leaf_file(&self) -> PathBuf {
        self.path("leaf.pem")
    }

    /// A TLS server with a new certificate.
    pub fn server(&self, leaf: Leaf) -> TlsAcceptor {
        let elsewhere = matches!(leaf, Leaf::WrongName | Leaf::WrongNameAuthority);
        let name = if elsewhere { "DNS:elsewhere.example" } else { "DNS:localhost,IP:127.0.0.1" };
        let own = [Leaf::SelfSignedAuthority, Leaf::WrongNameAuthority, Leaf::ExpiredAuthority];
        let authority = if own.contains(&leaf) { "TRUE" } else { "FALSE" };
        let extensions =
            format!("basicConstraints=CA:{authority}\nextendedKeyUsage=serverAuth\nsubjectAltName={name}\n");
        self.write("leaf.ext", &extensions);
        self.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=leaf -keyout leaf.key -out leaf.csr",
        );
        let (begin, end) = match leaf {
            Leaf::Expired => ("20200101000000Z", "20210101000000Z"),
            Leaf::TooYoung => ("20980101000000Z", "20990101000000Z"),
            _ => ("20240101000000Z", "20990101000000Z"),
        };
        if leaf == Leaf::SelfSigned || own.contains(&leaf) {
            let days = if leaf == Leaf::ExpiredAuthority { -1 } else { 365 };
            self.openssl(&format!(
                "x509 -req -in leaf.csr -signkey leaf.key -days {days} -extfile leaf.ext -out leaf.pem"
            ));
        } else {
            self.openssl(&format!("ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -startdate {begin} -enddate {end} -extfile leaf.ext -in leaf.csr -out leaf.pem"));
        }
        let certificates = CertificateDer::pem_file_iter(self.path("leaf.pem")).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(self.path("leaf.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("the tests need the program openssl");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
