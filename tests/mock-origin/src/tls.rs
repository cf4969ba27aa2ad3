//! A certificate of our own for the loopback's names, made once and kept in the user's cache: who has trusted it once need
//! not do so again.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::network::HttpVersions;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate could not be made.
    #[error("no certificate could be made")]
    Certificate(#[from] rcgen::Error),
    /// It could not be kept.
    #[error("the certificate cannot be kept in {}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It could not be used.
    #[error("the certificate cannot be used")]
    Unusable(#[from] rustls::Error),
}

/// A certificate for those who want to trust it.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// In PEM.
    pub(crate) pem: String,
    /// Where the same is kept.
    pub(crate) path: PathBuf,
}

/// TLS as each new connection gets it: a scenario may speak another HTTP than the one before.
#[derive(Clone)]
pub(crate) struct Tls(ServerConfig);

impl Tls {
    /// For a connection that speaks this.
    pub(crate) fn acceptor(&self, http: HttpVersions) -> TlsAcceptor {
        let mut config = self.0.clone();
        config.alpn_protocols = match http {
            HttpVersions::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersions::One => vec![b"http/1.1".to_vec()],
            HttpVersions::Two => vec![b"h2".to_vec()],
        };
        TlsAcceptor::from(Arc::new(config))
    }
}

/// TLS for `localhost` and the loopback's addresses, and for `host`, with what is kept in `folder`.
pub(crate) fn prepare(host: &str, folder: &Path) -> Result<(Tls, Certificate), TlsError> {
    let file: String =
        host.chars().map(|one| if one.is_ascii_alphanumeric() || one == '.' { one } else { '-' }).collect();
    let keys = folder.join(format!("tls-{file}.key.pem"));
    // A file that cannot be read any more is made anew.
    let Pair { pem, certificate, key } = match read(&keys) {
        Some(pair) => pair,
        None => made(host, &keys)?,
    };
    let path = folder.join(format!("tls-{file}.pem"));
    keep(&path, &pem, true)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key)?;
    Ok((Tls(config), Certificate { pem, path }))
}

struct Pair {
    /// The certificate alone.
    pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn read(keys: &Path) -> Option<Pair> {
    const END: &str = "-----END CERTIFICATE-----\n";
    let text = std::fs::read_to_string(keys).ok()?;
    let pem = text.replace('\r', "").split_inclusive(END).next()?.to_owned();
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    Some(Pair { pem, certificate, key: PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()? })
}

/// Makes a pair and keeps it; if another process was first, its pair counts.
fn made(host: &str, keys: &Path) -> Result<Pair, TlsError> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let made = rcgen::generate_simple_self_signed(names)?;
    let text = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    keep(keys, &text, keys.exists())?;
    let unusable = || TlsError::Unusable(rustls::Error::General("what was kept cannot be read".to_owned()));
    read(keys).ok_or_else(unusable)
}

/// Writes a file that only its user reads, whole or not at all.
fn keep(path: &Path, text: &str, anew: bool) -> Result<(), TlsError> {
    let failed = |source| TlsError::Kept { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Files of this kind have mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let kept = if anew { file.persist(path) } else { file.persist_noclobber(path) };
    match kept {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(error.error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_stays_the_same_and_its_key_is_the_users_own() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("cache");
        let start = || prepare("127.0.0.1", &folder).unwrap().1;
        let first = start();
        assert!(
            first.pem.starts_with("-----BEGIN CERTIFICATE-----") && !first.pem.contains("PRIVATE"),
            "{}",
            first.pem
        );
        assert_eq!(std::fs::read_to_string(&first.path).unwrap(), first.pem);
        let keys = folder.join("tls-127.0.0.1.key.pem");
        assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(start().pem, first.pem);
        std::fs::write(&keys, "nonsense").unwrap();
        assert_ne!(start().pem, first.pem);
    }
}
