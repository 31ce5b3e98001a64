//! Names the compiler for `onboard_build_info`. The revision comes from the variable `BUILD_REVISION` of the build.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=BUILD_REVISION");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // `rustc 1.90.0 (hash day)`
    println!("cargo:rustc-env=BUILD_RUSTC={}", version.split(' ').nth(1).unwrap_or("unknown"));
}
