//! Sessions of the built command, in a folder of their own, told as text.

use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with the repository's scenarios and test data in it, where what a command writes litters nobody.
pub struct Session {
    folder: TempDir,
}

impl Session {
    pub fn new() -> Session {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["scenarios", "tests"] {
            std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).expect("a link");
        }
        Session { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).expect("a file is written");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("a file is read")
    }

    /// Runs `rehearsal` with arguments apart by spaces.
    pub fn output(&self, arguments: &str) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    /// `rehearsal` with arguments apart by spaces. Compiled components are kept in one cache for all sessions.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
        command.args(arguments.split_whitespace()).current_dir(self.path());
        command.env("REHEARSAL_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("components"));
        command
    }

    /// The command, what it printed where, and its exit status.
    pub fn told(&self, arguments: &str) -> String {
        let output = self.output(arguments);
        let status = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
        let mut told = format!("$ rehearsal {arguments}\n{}", self.plain(&output.stdout));
        let errors = self.plain(&output.stderr);
        if !errors.is_empty() {
            told.push_str(&format!("--- standard error\n{errors}"));
        }
        told.push_str(&format!("--- status {status}\n"));
        told
    }

    /// Text without what differs between two invocations, and from machine to machine.
    pub fn plain(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).replace(&self.path().display().to_string(), "[folder]");
        let lines = text.lines().filter(|line| !line.starts_with("took "));
        lines.map(|line| format!("{}\n", line.trim_end())).collect()
    }
}
