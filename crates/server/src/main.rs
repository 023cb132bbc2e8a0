//! The program `skein`: flags in, exit code out. 0 done, 1 no, 2 misuse.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::command::main()
}
