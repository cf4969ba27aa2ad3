//! The embedded server: started and ended as a library, on the loopback only.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use local_server::{Config, Overrides, Server, StartError};

use crate::port::{EmbeddedServer, ServerFault};

/// A running server inside the app.
pub struct Embedded(Server);

impl Embedded {
    /// Starts a server on the loopback with its data in `data`; port 0 takes any that is free.
    ///
    /// # Errors
    /// See [`ServerFault`].
    pub async fn start(data: &Path, port: u16) -> Result<Self, ServerFault> {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let overrides =
            Overrides { data: Some(data.to_owned()), listen: Some(loopback.to_string()), ..Overrides::default() };
        let config = Config::load(None, overrides).map_err(|error| ServerFault::Other(error.to_string()))?;
        Server::start(config).await.map(Self).map_err(|error| match error {
            StartError::AddressTaken(address) => ServerFault::PortTaken(address.port()),
            StartError::DataInUse { path } => ServerFault::DataInUse(path),
            other @ (StartError::Config(_)
            | StartError::NoDataFolder
            | StartError::Data { .. }
            | StartError::CannotListen { .. }
            | StartError::Store(_)
            | StartError::Engine(_)
            | StartError::Internal(_)) => ServerFault::Other(other.to_string()),
        })
    }
}

impl EmbeddedServer for Embedded {
    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    async fn add_folder(&self, folder: &Path) -> Result<(), String> {
        self.0.add_folder(folder).await.map_err(|error| error.to_string())
    }

    async fn shutdown(self) {
        self.0.shutdown().await;
    }
}
