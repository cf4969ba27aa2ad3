//! The controller against a port of memory.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex as StdMutex};

use super::*;
use crate::port::WindowFault;

/// What the controller did, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Act {
    Start(u16),
    Save(u16),
    AddFolder(PathBuf),
    Window(u16),
    Shutdown,
    Tell(String),
    Exit(u8),
}

/// How the world of one test behaves.
#[derive(Default)]
struct World {
    acts: StdMutex<Vec<Act>>,
    remembered: u16,
    taken: Option<u16>,
    fault: Option<ServerFault>,
    window_fault: bool,
    chosen: Option<PathBuf>,
    refuses_folders: bool,
    never_ends: bool,
}

impl World {
    fn did(&self, act: Act) {
        self.acts.lock().unwrap().push(act);
    }

    fn acts(&self) -> Vec<Act> {
        self.acts.lock().unwrap().clone()
    }
}

struct MockPort(Arc<World>);

struct MockServer(Arc<World>, u16);

impl ShellPort for MockPort {
    type Server = MockServer;

    fn load_settings(&self) -> Settings {
        Settings { port: self.0.remembered }
    }

    fn save_settings(&self, settings: &Settings) {
        self.0.did(Act::Save(settings.port));
    }

    async fn start_server(&self, port: u16) -> Result<MockServer, ServerFault> {
        self.0.did(Act::Start(port));
        if let Some(fault) = &self.0.fault {
            return Err(fault.clone());
        }
        if self.0.taken == Some(port) {
            return Err(ServerFault::PortTaken(port));
        }
        Ok(MockServer(Arc::clone(&self.0), if port == 0 { 5000 } else { port }))
    }

    fn open_window(&self, server: SocketAddr) -> Result<(), WindowFault> {
        self.0.did(Act::Window(server.port()));
        if self.0.window_fault { Err(WindowFault("no display".to_owned())) } else { Ok(()) }
    }

    async fn choose_folder(&self) -> Option<PathBuf> {
        self.0.chosen.clone()
    }

    async fn tell_fault(&self, message: &str) {
        self.0.did(Act::Tell(message.to_owned()));
    }

    fn exit(&self, status: u8) {
        self.0.did(Act::Exit(status));
    }
}

impl EmbeddedServer for MockServer {
    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.1).into()
    }

    async fn add_folder(&self, folder: &Path) -> Result<(), String> {
        if self.0.refuses_folders {
            return Err("it is not there".to_owned());
        }
        self.0.did(Act::AddFolder(folder.to_owned()));
        Ok(())
    }

    async fn shutdown(self) {
        if self.0.never_ends {
            std::future::pending::<()>().await;
        }
        self.0.did(Act::Shutdown);
    }
}

fn app(world: World) -> (Arc<World>, Controller<MockPort>) {
    let world = Arc::new(world);
    (Arc::clone(&world), Controller::new(MockPort(Arc::clone(&world))))
}

#[tokio::test]
async fn first_start_takes_any_port_and_remembers_it() {
    let (world, controller) = app(World::default());
    controller.start(Vec::new()).await;
    assert_eq!(world.acts(), [Act::Start(0), Act::Save(5000), Act::Window(5000)]);
}

#[tokio::test]
async fn the_port_of_the_last_run_is_kept() {
    let (world, controller) = app(World { remembered: 4711, ..World::default() });
    controller.start(Vec::new()).await;
    assert_eq!(world.acts(), [Act::Start(4711), Act::Window(4711)]);
}

#[tokio::test]
async fn a_taken_port_is_replaced_by_a_free_one() {
    let (world, controller) = app(World { remembered: 4711, taken: Some(4711), ..World::default() });
    controller.start(Vec::new()).await;
    assert_eq!(world.acts(), [Act::Start(4711), Act::Start(0), Act::Save(5000), Act::Window(5000)]);
}

#[tokio::test]
async fn folders_given_at_the_start_are_added_before_the_window_opens() {
    let (world, controller) = app(World { remembered: 4711, ..World::default() });
    controller.start(vec!["/films".into(), "/more".into()]).await;
    let added = |path: &str| Act::AddFolder(path.into());
    assert_eq!(world.acts(), [Act::Start(4711), added("/films"), added("/more"), Act::Window(4711)]);
}

#[tokio::test]
async fn a_data_folder_in_use_is_told_and_ends_the_app_with_its_own_status() {
    let fault = ServerFault::DataInUse("/data".into());
    let (world, controller) = app(World { fault: Some(fault), ..World::default() });
    controller.start(Vec::new()).await;
    let acts = world.acts();
    let [Act::Start(0), Act::Tell(message), Act::Exit(STATUS_DATA_IN_USE)] = acts.as_slice() else {
        panic!("unexpected: {acts:?}")
    };
    assert!(message.contains("/data") && message.contains("open already"), "{message}");
}

#[tokio::test]
async fn a_server_that_cannot_start_is_told_and_no_window_opens() {
    let fault = ServerFault::Other("the disk is full".to_owned());
    let (world, controller) = app(World { fault: Some(fault), ..World::default() });
    controller.start(Vec::new()).await;
    let told = "Matinee could not start its server: the disk is full.".to_owned();
    assert_eq!(world.acts(), [Act::Start(0), Act::Tell(told), Act::Exit(STATUS_FAULT)]);
}

#[tokio::test]
async fn a_window_that_does_not_open_takes_the_server_down_with_it() {
    let (world, controller) = app(World { window_fault: true, remembered: 4711, ..World::default() });
    controller.start(Vec::new()).await;
    let acts = world.acts();
    assert_eq!(acts[..3], [Act::Start(4711), Act::Window(4711), Act::Shutdown]);
    assert!(matches!(&acts[3..], [Act::Tell(_), Act::Exit(STATUS_FAULT)]), "{acts:?}");
}

#[tokio::test]
async fn closing_the_window_ends_the_server_then_the_app() {
    let (world, controller) = app(World { remembered: 4711, ..World::default() });
    controller.start(Vec::new()).await;
    controller.quit(Quit::WindowClosed).await;
    assert_eq!(world.acts()[2..], [Act::Shutdown, Act::Exit(STATUS_CLEAN)]);
}

#[tokio::test]
async fn a_signal_after_the_window_was_closed_ends_nothing_twice() {
    let (world, controller) = app(World { remembered: 4711, ..World::default() });
    controller.start(Vec::new()).await;
    controller.quit(Quit::WindowClosed).await;
    controller.quit(Quit::Signal).await;
    assert_eq!(world.acts().iter().filter(|act| matches!(act, Act::Exit(_))).count(), 1);
}

#[tokio::test]
async fn a_signal_before_the_start_leaves_nothing_running() {
    let (world, controller) = app(World::default());
    controller.quit(Quit::Signal).await;
    controller.start(Vec::new()).await;
    assert_eq!(world.acts(), [Act::Exit(STATUS_CLEAN)]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_does_not_keep_the_app_alive() {
    let (world, controller) = app(World { remembered: 4711, never_ends: true, ..World::default() });
    controller.start(Vec::new()).await;
    controller.quit(Quit::WindowClosed).await;
    assert_eq!(world.acts()[2..], [Act::Exit(STATUS_FAULT)]);
}

#[tokio::test]
async fn a_chosen_folder_is_added_and_none_changes_nothing() {
    let (world, controller) = app(World { remembered: 4711, chosen: Some("/new".into()), ..World::default() });
    controller.start(Vec::new()).await;
    assert_eq!(controller.add_folder().await, Ok(Some("/new".into())));
    assert_eq!(world.acts().last(), Some(&Act::AddFolder("/new".into())));

    let (world, controller) = app(World { remembered: 4711, ..World::default() });
    controller.start(Vec::new()).await;
    assert_eq!(controller.add_folder().await, Ok(None));
    assert_eq!(world.acts().len(), 2);
}

#[tokio::test]
async fn a_refused_folder_gives_the_reason_and_at_the_start_harms_nothing() {
    let world = World { remembered: 4711, chosen: Some("/gone".into()), refuses_folders: true, ..World::default() };
    let (world, controller) = app(world);
    controller.start(vec!["/gone".into()]).await;
    assert_eq!(world.acts().last(), Some(&Act::Window(4711)));
    assert_eq!(controller.add_folder().await, Err("it is not there".to_owned()));
}

#[tokio::test]
async fn a_folder_chosen_while_the_app_ends_is_not_added() {
    let (world, controller) = app(World { remembered: 4711, chosen: Some("/new".into()), ..World::default() });
    controller.start(Vec::new()).await;
    controller.quit(Quit::WindowClosed).await;
    assert!(controller.add_folder().await.is_err());
    assert!(!world.acts().contains(&Act::AddFolder("/new".into())));
}
