//! Kernel modules, in the order in which they can be loaded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ftp_track_tests::process;

use super::elf;

/// The modules of one kernel.
#[derive(Debug)]
pub struct Modules {
    /// Files by the module's name, with underscores.
    files: BTreeMap<String, PathBuf>,
    /// The list of those that are part of the kernel.
    builtin: String,
}

/// A module that a machine gets.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// The file, not compressed.
    pub contents: Vec<u8>,
}

impl Modules {
    /// Looks through a kernel's folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        collect(folder, &mut files)?;
        let builtin = fs::read_to_string(folder.join("modules.builtin"))
            .with_context(|| format!("no modules.builtin in {}", folder.display()))?;
        Ok(Self { files, builtin })
    }

    /// Whether the kernel has it, as a module or built in.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name) || self.is_builtin(name)
    }

    /// The modules and all that they need, each after those that it needs.
    pub fn with_dependencies(&self, names: &[&str]) -> Result<Vec<Module>> {
        let mut loaded = Vec::new();
        for name in names {
            self.add(name, &mut loaded)?;
        }
        Ok(loaded)
    }

    fn add(&self, name: &str, loaded: &mut Vec<Module>) -> Result<()> {
        let name = plain(name);
        if loaded.iter().any(|module| module.name == name) || self.is_builtin(&name) {
            return Ok(());
        }
        let Some(file) = self.files.get(&name) else {
            bail!("this kernel has no module {name}");
        };
        let contents = read(file)?;
        let needs = elf::module_needs(&contents).with_context(|| file.display().to_string())?;
        for need in needs {
            // A soft dependency may name an algorithm, whose plain module is enough.
            let generic = format!("{need}_generic");
            if let Some(need) = [need, generic].iter().find(|name| self.has(&plain(name))) {
                self.add(need, loaded)?;
            }
        }
        loaded.push(Module { name, contents });
        Ok(())
    }

    fn is_builtin(&self, name: &str) -> bool {
        let mut names = self.builtin.lines().filter_map(|line| {
            let file = line.rsplit('/').next()?;
            Some(plain(file.strip_suffix(".ko")?))
        });
        names.any(|builtin| builtin == name)
    }
}

/// A module's name: files may be named with hyphens.
fn plain(name: &str) -> String {
    name.replace('-', "_")
}

fn collect(folder: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !path.is_symlink() {
            collect(&path, files)?;
        } else if let Some((name, ending)) = name.split_once(".ko")
            && ["", ".xz"].contains(&ending)
        {
            files.insert(plain(name), path.clone());
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    if file.extension().is_none_or(|extension| extension != "xz") {
        return Ok(fs::read(file)?);
    }
    let output = process::command("xz")
        .args(["--decompress", "--stdout"])
        .arg(file)
        .output()
        .context("cannot run xz")?;
    if !output.status.success() {
        bail!("xz cannot read {}", file.display());
    }
    Ok(output.stdout)
}
