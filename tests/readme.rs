//! The README shows what the commands print.
#![cfg(all(feature = "cli", feature = "wasm"))]

mod session;

use session::Session;

#[test]
fn the_readme_shows_what_the_commands_print() {
    let readme = include_str!("../README.md");
    let session = Session::new();
    let mut seen = 0;
    for block in readme.split("```console\n").skip(1) {
        let shown = block.split("\n```").next().expect("a block ends");
        let (command, shown) = shown.split_once('\n').expect("a block has a command and its output");
        let arguments = command.strip_prefix("$ rehearsal ").expect("a command begins with `$ rehearsal`");
        let printed = session.plain(&session.output(arguments).stdout);
        assert_eq!(shown.trim_end(), printed.trim_end(), "{command}");
        seen += 1;
    }
    assert!(seen >= 4, "the README has sessions");
}
