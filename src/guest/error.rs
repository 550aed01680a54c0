//! Why a component is not taken into a cast. What goes wrong later, in a turn, is a
//! [`Failure`](crate::actor::Failure).

use crate::error::Error;

/// Why a component cannot be loaded. Each says which component it is, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read component `{component}`: {why}")]
    Unreadable {
        /// The file.
        component: String,
        /// What the system says.
        why: String,
    },
    /// A core module: what compilers write before it is made a component.
    #[error("`{component}` is a core WebAssembly module, not a component")]
    CoreModule {
        /// The file.
        component: String,
    },
    /// Something else altogether.
    #[error("`{component}` is not a WebAssembly component: it begins with {found}")]
    NotComponent {
        /// The file.
        component: String,
        /// Its first bytes.
        found: String,
    },
    /// Looks like a component, and is none that can be compiled.
    #[error("`{component}` is not a valid component: {why}")]
    Invalid {
        /// The file.
        component: String,
        /// What the compiler says.
        why: String,
    },
    /// Asks for something that nobody here gives.
    #[error("component `{component}` imports `{import}`, which is not served here")]
    UnknownImport {
        /// The file.
        component: String,
        /// The interface, and the function where only that is unknown.
        import: String,
        /// What is served and has nearly this name.
        nearest: Option<String>,
    },
    /// Asks for something by another type than it has.
    #[error(
        "component `{component}` imports `{import}` with a wrong type: expected `{expected}`, found `{found}`"
    )]
    ImportType {
        /// The file.
        component: String,
        /// Interface and function.
        import: String,
        /// As it is served.
        expected: String,
        /// As the component has it.
        found: String,
    },
    /// Handles messages by another type than they have.
    #[error(
        "component `{component}` exports `{export}` with a wrong type: expected `{expected}`, found `{found}`"
    )]
    ExportType {
        /// The file.
        component: String,
        /// Interface and function.
        export: String,
        /// As it would be called.
        expected: String,
        /// As the component has it.
        found: String,
    },
    /// Made for another host.
    #[error("component `{component}` is for another world: it exports {exports}")]
    OtherWorld {
        /// The file.
        component: String,
        /// What it exports.
        exports: String,
    },
    /// Not among the functions that can be defined or registered.
    #[error("`{name}` is no function of `theater:simple`")]
    UnknownName {
        /// Interface and function.
        name: String,
        /// What there is and has nearly this name.
        nearest: Option<String>,
    },
    /// Its core instances cannot be made: a start function traps, or it needs more memory than it may have.
    #[error("component `{component}` cannot be instantiated: {why}")]
    Instantiation {
        /// The file.
        component: String,
        /// What happened.
        why: String,
    },
    /// WebAssembly cannot run here.
    #[error("cannot set up WebAssembly: {0}")]
    Engine(String),
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Error {
        let told = Error::input(match &error {
            // The types are told below each other, where they can be compared.
            LoadError::ImportType { component, import, .. } => {
                format!("component `{component}` imports `{import}` with a wrong type")
            }
            LoadError::ExportType { component, export, .. } => {
                format!("component `{component}` exports `{export}` with a wrong type")
            }
            _ => error.to_string(),
        });
        match error {
            LoadError::CoreModule { .. } => told
                .help("link it with `wasm-component-ld`, or convert it with `wasm-tools component new`"),
            LoadError::ImportType { expected, found, .. } | LoadError::ExportType { expected, found, .. } => {
                told.fact(format!("expected  {expected}")).fact(format!("found     {found}"))
            }
            LoadError::UnknownImport { nearest: Some(near), .. }
            | LoadError::UnknownName { nearest: Some(near), .. } => told.help(format!("did you mean `{near}`?")),
            LoadError::UnknownImport { .. } => {
                told.note("only `theater:simple` interfaces are served: message-server-host, runtime, timing, random, environment")
            }
            LoadError::OtherWorld { .. } => {
                told.note("an actor exports `theater:simple/actor` or `theater:simple/message-server-client`")
            }
            _ => told,
        }
    }
}
