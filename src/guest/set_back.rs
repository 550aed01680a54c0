//! A component to which functions are added that set its global variables back to what they began with, and have the sizes
//! of its memories looked at again. With what is in them put back (see [`memory`](super::memory)), an instance is then as
//! good as a new one, at a tenth of the cost.
//!
//! Nothing that was there changes: types, functions and exports are added at the end, so that every index, name and count
//! of fuel stays. Where an instance could keep anything else (a table or a segment that its code changes, a start function,
//! resources), nothing is added, and every instance is made anew.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentSectionId, ComponentTypeSection, Encode, ExportKind, InstructionSink,
    Module, RawSection, SectionId,
};
use wasmparser::{
    BinaryReader, CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, FunctionBody, Global, Instance, MemoryType, Operator, Parser, Payload,
    TypeRef, Validator,
};

/// The name of the added export of a core module.
const OF_MODULE: &str = "rehearsal-set-back";

/// The name of the component's added export for its `n`-th core instance that has something to set back.
pub(super) fn export_name(n: usize) -> String {
    format!("{OF_MODULE}-{n}")
}

/// Whether an export of a component is one that was added here.
pub(super) fn is_added(export: &str) -> bool {
    export.strip_prefix(OF_MODULE).is_some_and(|rest| rest.starts_with('-'))
}

/// The component with the functions added; none if instances of it cannot be set back, or it is not a valid component.
pub(super) fn with_set_back(component: &[u8]) -> Option<Vec<u8>> {
    let types = Validator::new().validate_all(component).ok()?;
    let types = types.as_ref();
    let copied = Copied::of(component)?;
    let mut out = copied.component;
    let mut aliases = ComponentAliasSection::new();
    let mut lifted = CanonicalFunctionSection::new();
    let mut exports = ComponentExportSection::new();
    for (n, instance) in (0u32..).zip(&copied.to_set_back) {
        aliases.alias(Alias::CoreInstanceExport {
            instance: *instance,
            kind: ExportKind::Func,
            name: OF_MODULE,
        });
        lifted.lift(types.function_count() + n, types.component_type_count(), []);
        let function = types.component_function_count() + n;
        exports.export(export_name(n as usize), ComponentExportKind::Func, function, None);
    }
    let mut ty = ComponentTypeSection::new();
    ty.function().params([] as [(&str, wasm_encoder::ComponentValType); 0]).result(None);
    out.section(&aliases).section(&ty).section(&lifted).section(&exports);
    Some(out.finish())
}

/// A component as far as it is copied, section by section.
#[derive(Default)]
struct Copied {
    component: Component,
    /// By the module's index: whether it has something to set back.
    modules: Vec<bool>,
    instances: u32,
    /// The core instances of such modules.
    to_set_back: Vec<u32>,
}

impl Copied {
    fn of(component: &[u8]) -> Option<Copied> {
        let mut copied = Copied::default();
        let mut inside = Vec::new();
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.ok()?;
            match (&payload, inside.as_slice()) {
                (Payload::Version { encoding, .. }, _) => inside.push(*encoding),
                (Payload::End(_), _) => drop(inside.pop()),
                (_, [Encoding::Component]) => copied.section(&payload, component)?,
                // Modules are copied as a whole where they begin. What is composed of components stays as it is.
                (_, [Encoding::Component, Encoding::Module]) => {}
                (payload, _) => holds_nothing(payload).then_some(())?,
            }
        }
        (!copied.to_set_back.is_empty()).then_some(copied)
    }

    /// Copies a section of the component.
    fn section(&mut self, payload: &Payload<'_>, all: &[u8]) -> Option<()> {
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let bytes = all.get(unchecked_range.clone())?;
                let module = module(bytes)?;
                let data = module.as_deref().unwrap_or(bytes);
                self.component.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data });
                self.modules.push(module.is_some());
                return Some(());
            }
            Payload::InstanceSection(instances) => {
                for instance in instances.clone() {
                    if let Instance::Instantiate { module_index, .. } = instance.ok()?
                        && *self.modules.get(module_index as usize)?
                    {
                        self.to_set_back.push(self.instances);
                    }
                    self.instances += 1;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions.clone() {
                    let (CanonicalFunction::Lift { .. } | CanonicalFunction::Lower { .. }) = function.ok()?
                    else {
                        return None;
                    };
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                aliases.clone().into_iter().try_for_each(|alias| brings_no_module(&alias.ok()?))?;
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    if let ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_) = import.ok()?.ty {
                        return None;
                    }
                }
            }
            Payload::ComponentStartSection { .. } | Payload::UnknownSection { .. } => return None,
            _ => {}
        }
        let (id, range) = payload.as_section()?;
        self.component.section(&RawSection { id, data: all.get(range)? });
        Some(())
    }
}

/// Whether a part of a nested component gives it nothing that changes as it runs: bindings generators nest such, to name types.
fn holds_nothing(payload: &Payload<'_>) -> bool {
    matches!(
        payload,
        Payload::ComponentTypeSection(_)
            | Payload::ComponentAliasSection(_)
            | Payload::ComponentImportSection(_)
            | Payload::ComponentExportSection(_)
            | Payload::CustomSection(_)
    )
}

/// Some if an alias brings no module that is not in the component's own sections.
fn brings_no_module(alias: &ComponentAlias<'_>) -> Option<()> {
    let module = match alias {
        ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Module,
        ComponentAlias::Outer { kind, .. } => *kind == ComponentOuterAliasKind::CoreModule,
        ComponentAlias::CoreInstanceExport { .. } => false,
    };
    (!module).then_some(())
}

/// What a module counts, as far as it must be known to add to it.
#[derive(Default)]
struct Counted {
    types: u32,
    functions: u32,
    globals: u32,
    memories: u32,
    /// Sets the global variables that the module defines, and grows its memories by nothing: instructions.
    setting: Vec<u8>,
}

/// The module with the function that sets its instances back: within, none if it has nothing to set back; and none at all if
/// they cannot be.
fn module(bytes: &[u8]) -> Option<Option<Vec<u8>>> {
    let counted = count(bytes)?;
    if counted.setting.is_empty() {
        return Some(None);
    }
    let mut out = Module::new();
    let mut added = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let Some((id, range)) = payload.ok()?.as_section() else { continue };
        let section = bytes.get(range)?;
        let item = counted.added(id);
        added += u32::from(item.is_some());
        match item {
            Some(item) => out.section(&RawSection { id, data: &append(section, &item)? }),
            None => out.section(&RawSection { id, data: section }),
        };
    }
    // A module that has variables and is used has functions, and so all four sections.
    (added == 4).then(|| Some(out.finish()))
}

impl Counted {
    /// What is added to a section, if anything is.
    fn added(&self, section: u8) -> Option<Vec<u8>> {
        let mut item = Vec::new();
        if section == u8::from(SectionId::Type) {
            item.extend([0x60, 0, 0]);
        } else if section == u8::from(SectionId::Function) {
            self.types.encode(&mut item);
        } else if section == u8::from(SectionId::Export) {
            OF_MODULE.encode(&mut item);
            ExportKind::Func.encode(&mut item);
            self.functions.encode(&mut item);
        } else if section == u8::from(SectionId::Code) {
            // No locals, the instructions, and the end.
            (self.setting.len() as u32 + 2).encode(&mut item);
            item.push(0);
            item.extend(&self.setting);
            item.push(END);
        } else {
            return None;
        }
        Some(item)
    }
}

/// Ends an expression.
const END: u8 = 0x0b;

/// Counts a module; none if its instances could keep more than memory and global variables.
fn count(module: &[u8]) -> Option<Counted> {
    let mut counted = Counted::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::TypeSection(groups) => {
                for group in groups {
                    counted.types += u32::try_from(group.ok()?.types().len()).ok()?;
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import.ok()?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => counted.functions += 1,
                        TypeRef::Global(_) => counted.globals += 1,
                        TypeRef::Memory(_) => counted.memories += 1,
                        TypeRef::Table(_) => {}
                        TypeRef::Tag(_) => return None,
                    }
                }
            }
            Payload::FunctionSection(functions) => counted.functions += functions.count(),
            Payload::GlobalSection(globals) => {
                for global in globals {
                    counted.global(&global.ok()?)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    counted.memory(&memory.ok()?)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    (export.ok()?.name != OF_MODULE).then_some(())?;
                }
            }
            Payload::CodeSectionEntry(body) => keeps_tables(&body)?,
            Payload::StartSection { .. } | Payload::TagSection(_) | Payload::UnknownSection { .. } => {
                return None;
            }
            _ => {}
        }
    }
    Some(counted)
}

impl Counted {
    /// Counts a global, and if it is a variable, sets it to what it begins with.
    fn global(&mut self, global: &Global<'_>) -> Option<()> {
        if global.ty.mutable {
            if global.ty.content_type.is_reference_type() || global.ty.shared {
                return None;
            }
            let mut first = global.init_expr.get_binary_reader();
            let length = first.bytes_remaining();
            // A constant expression ends as a function's body does.
            self.setting.extend(first.read_bytes(length).ok()?.strip_suffix(&[END])?);
            InstructionSink::new(&mut self.setting).global_set(self.globals);
        }
        self.globals += 1;
        Some(())
    }
}

impl Counted {
    /// Counts a memory, and grows it by nothing.
    fn memory(&mut self, memory: &MemoryType) -> Option<()> {
        if memory.shared || memory.page_size_log2.is_some() {
            return None;
        }
        let mut grow = InstructionSink::new(&mut self.setting);
        match memory.memory64 {
            true => grow.i64_const(0),
            false => grow.i32_const(0),
        };
        grow.memory_grow(self.memories).drop();
        self.memories += 1;
        Some(())
    }
}

/// Some if a function changes no table and gives up no segment.
fn keeps_tables(body: &FunctionBody<'_>) -> Option<()> {
    let mut operators = body.get_operators_reader().ok()?;
    while !operators.eof() {
        if let Operator::TableSet { .. }
        | Operator::TableGrow { .. }
        | Operator::TableFill { .. }
        | Operator::TableCopy { .. }
        | Operator::TableInit { .. }
        | Operator::ElemDrop { .. }
        | Operator::DataDrop { .. } = operators.read().ok()?
        {
            return None;
        }
    }
    Some(())
}

/// A section with one more item.
fn append(section: &[u8], item: &[u8]) -> Option<Vec<u8>> {
    let mut reader = BinaryReader::new(section, 0);
    let count = reader.read_var_u32().ok()?;
    let mut out = Vec::with_capacity(section.len() + item.len() + 1);
    count.checked_add(1)?.encode(&mut out);
    out.extend(&section[reader.original_position()..]);
    out.extend(item);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component of one module with these parts.
    fn component(parts: &str) -> Option<Vec<u8>> {
        let text = format!(
            r#"(component (core module $m
                (memory 1) (table 1 funcref) (elem $e func) (data $d "x") (global $g (mut i32) (i32.const 1))
                (func (export "f")) {parts})
            (core instance (instantiate $m)))"#
        );
        with_set_back(&wat::parse_str(text).expect("text of a component"))
    }

    #[test]
    fn what_is_added_is_valid_and_added_once_for_each_instance() {
        let added = component("").expect("it can be set back");
        Validator::new().validate_all(&added).expect("a valid component");
        assert!(with_set_back(&added).is_none(), "the name is taken");
        let two = r#"(component (core module $m (memory 1) (func (export "f")))
            (core instance (instantiate $m)) (core instance (instantiate $m)))"#;
        let added = with_set_back(&wat::parse_str(two).expect("text")).expect("it can be set back");
        Validator::new().validate_all(&added).expect("a valid component");
        let has = |n| added.windows(export_name(n).len()).any(|window| window == export_name(n).as_bytes());
        assert!(has(0) && has(1) && !has(2));
        assert!(is_added(&export_name(1)) && !is_added("rehearsal") && !is_added(OF_MODULE));
    }

    #[test]
    fn what_would_keep_something_is_left_alone() {
        for parts in [
            "(func (table.set (i32.const 0) (ref.null func)))",
            "(func (drop (table.grow (ref.null func) (i32.const 1))))",
            "(func (table.fill (i32.const 0) (ref.null func) (i32.const 1)))",
            "(func (table.copy (i32.const 0) (i32.const 0) (i32.const 1)))",
            "(func (table.init $e (i32.const 0) (i32.const 0) (i32.const 0)))",
            "(func (elem.drop $e))",
            "(func (data.drop $d))",
            "(func $s) (start $s)",
            "(global (mut funcref) (ref.null func))",
            r#"(func (export "rehearsal-set-back"))"#,
        ] {
            assert!(component(parts).is_none(), "{parts}");
        }
        assert!(component("(func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))").is_some());
    }

    #[test]
    fn what_is_not_a_component_of_its_own_modules_is_left_alone() {
        for text in [
            "(module)",
            "(component)",
            r#"(component (core module $m (func (export "f"))) (core instance (instantiate $m)))"#,
            r#"(component (import "m" (core module $m)) (core instance (instantiate $m)))"#,
            r#"(component (component (core module (memory 1) (func (export "f")))))"#,
            r#"(component (type $r (resource (rep i32))) (core func (canon resource.drop $r))
                (core module $m (memory 1) (func (export "f"))) (core instance (instantiate $m)))"#,
        ] {
            let binary = wat::parse_str(text).expect("text");
            assert!(with_set_back(&binary).is_none(), "{text}");
            assert!(with_set_back(&binary[..binary.len() - 1]).is_none(), "{text}, cut off");
        }
        assert!(with_set_back(b"\0asm").is_none());
    }
}
