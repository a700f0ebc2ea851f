//! Reads a folder of WIT with the parser that all tools share. Arguments: the folder, and one to write to: bindings of each world in
//! C (`c/WORLD.h`, `c/WORLD.c`) and in Rust (`rust/WORLD.rs`); then the names of types that have no default in Rust.
//! Prints what was read as JSON, as `wasm-tools component wit --json` does.

use std::{error::Error, fs, path::Path};
use wit_bindgen_core::{wit_parser::Resolve, Files, WorldGenerator};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, output, without_default @ ..] = arguments.as_slice() else {
        return Err("usage: reader FOLDER OUTPUT [NAME...]".into());
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder)?;
    let worlds: Vec<_> = resolve.packages[package].worlds.clone().into_iter().collect();
    for (name, world) in worlds {
        for (language, mut generator) in generators(without_default) {
            let mut files = Files::default();
            generator.generate(&resolve, world, &mut files)?;
            for (file, text) in files.iter() {
                let extension = Path::new(file).extension().and_then(|found| found.to_str()).unwrap_or("");
                let path = Path::new(output).join(language).join(format!("{name}.{extension}"));
                fs::create_dir_all(path.parent().ok_or("no folder")?)?;
                fs::write(path, text)?;
            }
        }
    }
    println!("{}", serde_json::to_string(&resolve)?);
    Ok(())
}

fn generators(without_default: &[String]) -> [(&'static str, Box<dyn WorldGenerator>); 2] {
    let mut c = wit_bindgen_c::Opts::default();
    c.no_object_file = true;
    let mut rust = wit_bindgen_rust::Opts::default();
    rust.stubs = true;
    rust.generate_all = true;
    rust.additional_derive_attributes = vec!["Default".into()];
    rust.additional_derive_ignore = without_default.to_vec();
    rust.runtime_path = Some("wit_bindgen::rt".into());
    [("c", c.build()), ("rust", rust.build())]
}
