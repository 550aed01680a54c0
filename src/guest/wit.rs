//! The interfaces in `wit/`, which guests are built against, and what is served and called here: they are the same.

use super::interface::{ACTOR, EXPORTS, Function, IMPORTS, MESSAGE_SERVER_CLIENT};
use std::fs;
use std::path::{Path, PathBuf};
use wit_parser::{InterfaceId, Resolve, SourceMap, Type, TypeDefKind};

/// A folder of interfaces, read.
fn read(folder: &str) -> Resolve {
    let (mut resolve, mut sources) = (Resolve::default(), SourceMap::default());
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("an entry").path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "wit")) {
        sources.push_str(&file.display().to_string(), fs::read_to_string(file).expect("a text"));
    }
    let package = sources.parse().unwrap_or_else(|(_, error)| panic!("{folder}: {error}"));
    resolve.push_group(package).unwrap_or_else(|error| panic!("{folder}: {error}"));
    resolve
}

/// A type as [`describe`](super::interface::describe) has it.
fn told(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
    let told = |ty: &Type| told(resolve, ty);
    match &resolve.types[*id].kind {
        TypeDefKind::Type(ty) => told(ty),
        TypeDefKind::List(ty) => format!("list<{}>", told(ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", told(ty)),
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(told).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, told(&field.ty)));
            format!("record {{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Result(result) => {
            let part = |ty: &Option<Type>| ty.as_ref().map_or("_".to_owned(), told);
            format!("result<{}, {}>", part(&result.ok), part(&result.err))
        }
        other => panic!("no function of ours has a {}", other.as_str()),
    }
}

/// The functions of an interface: path and type, in the order of the file.
fn functions(resolve: &Resolve, interface: InterfaceId) -> Vec<(String, String)> {
    let path = resolve.id_of(interface).expect("it has a name");
    let functions = resolve.interfaces[interface].functions.values().map(|function| {
        let params: Vec<String> = function.params.iter().map(|param| told(resolve, &param.ty)).collect();
        let mut text = format!("func({})", params.join(", "));
        if let Some(result) = &function.result {
            text = format!("{text} -> {}", told(resolve, result));
        }
        (format!("{path}.{}", function.name), text)
    });
    functions.collect()
}

/// The functions of these interfaces in a folder.
fn written(folder: &str, interfaces: &[&str]) -> Vec<(String, String)> {
    let resolve = read(folder);
    let of = |path: &&str| {
        let found = resolve.interfaces.iter().find(|(id, _)| resolve.id_of(*id).as_deref() == Some(*path));
        let (id, _) = found.unwrap_or_else(|| panic!("{folder} has no {path}"));
        functions(&resolve, id)
    };
    interfaces.iter().flat_map(of).collect()
}

/// A table's functions, with the type of this form, or the only one.
fn table(functions: &[Function], form: usize) -> Vec<(String, String)> {
    let told = |function: &Function| {
        let ty = function.types.get(form).unwrap_or(&function.types[0]);
        (function.path(), (*ty).to_owned())
    };
    functions.iter().map(told).collect()
}

const FOLDERS: [&str; 2] = ["wit", "wit/actor-with-params"];

#[test]
fn what_is_served_is_what_is_written() {
    let mut interfaces: Vec<&str> = IMPORTS.iter().map(|function| function.interface).collect();
    interfaces.dedup();
    for folder in FOLDERS {
        assert_eq!(table(&IMPORTS, 0), written(folder, &interfaces), "{folder}");
    }
}

#[test]
fn what_is_called_is_what_is_written() {
    for (form, folder) in FOLDERS.iter().enumerate() {
        assert_eq!(table(&EXPORTS, form), written(folder, &[ACTOR, MESSAGE_SERVER_CLIENT]), "{folder}");
    }
}
