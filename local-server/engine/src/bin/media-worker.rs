//! A media worker of its own, for this crate's tests; the server's and the app's executables become one themselves.

fn main() -> std::process::ExitCode {
    media_engine::worker_main()
}
