//! Instances that nobody uses, kept by their thread to be set back: making one costs ten times as much.

use super::component::GuestComponent;
use super::instance::ActorInstance;
use std::cell::RefCell;

/// How many instances of one component a thread keeps at most.
const MOST_INSTANCES: usize = 1024;

/// Of how many components a thread keeps instances at most.
const MOST_COMPONENTS: usize = 16;

/// The idle instances of one component.
struct Of {
    component: GuestComponent,
    instances: Vec<ActorInstance>,
}

thread_local! {
    /// The components by when they were last used, the latest last.
    static IDLE: RefCell<Vec<Of>> = const { RefCell::new(Vec::new()) };
}

/// Keeps an instance whose last call returned, if it can be set back.
pub(super) fn keep(instance: ActorInstance) {
    if !instance.can_be_set_back() {
        return;
    }
    // A thread that ends keeps nothing: then the instance is dropped.
    let _ = IDLE.try_with(|idle| {
        let mut idle = idle.borrow_mut();
        let of = of(&mut idle, instance.component());
        if of.instances.len() < MOST_INSTANCES {
            of.instances.push(instance);
        }
    });
}

/// An instance of a component that was kept: it is still to be set back.
pub(super) fn take(component: &GuestComponent) -> Option<ActorInstance> {
    IDLE.with_borrow_mut(|idle| {
        // Without one that was kept before there is no place to be made for it.
        idle.iter().any(|of| of.component.is(component)).then(|| of(idle, component).instances.pop())?
    })
}

/// What is kept of a component, now the one used last.
fn of<'a>(idle: &'a mut Vec<Of>, component: &GuestComponent) -> &'a mut Of {
    let found = match idle.iter().rposition(|of| of.component.is(component)) {
        // The usual case: the few components of a cast take turns, and none has to move.
        Some(at) if idle.len() - at < MOST_COMPONENTS / 2 => return &mut idle[at],
        Some(at) => idle.remove(at),
        None => Of { component: component.clone(), instances: Vec::new() },
    };
    if idle.len() == MOST_COMPONENTS {
        idle.remove(0);
    }
    idle.push(found);
    idle.last_mut().expect("it was pushed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::{Engine, Settings, Source};
    use crate::limits::Limits;
    use crate::port::Port;
    use std::path::Path;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    fn at_once<T>(work: impl Future<Output = T>) -> T {
        match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    /// All that bindings generators make here is of the kind that can be set back, and is.
    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn instances_are_kept_and_set_back() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/actors");
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let engine = Engine::shared(Settings::for_guests(10)).expect("an engine");
        let (limits, port) = (Arc::new(Limits::default()), Port::default());
        let mut seen = 0;
        for file in files.filter(|file| file.extension().is_some_and(|kind| kind == "wasm")) {
            let source = Source::read(&file).expect("a component");
            let component = GuestComponent::load_for_replay(source, &engine, None).expect("a component");
            assert!(take(&component).is_none());
            let instance =
                at_once(ActorInstance::instantiate(&component, &limits, &port)).expect("an instance");
            assert!(instance.can_be_set_back(), "{}", file.display());
            keep(instance);
            let mut kept = take(&component).expect("it was kept");
            assert!(at_once(kept.set_back(&limits, &port)), "{}", file.display());
            assert!(take(&component).is_none(), "it is taken");
            seen += 1;
        }
        assert!(seen >= 9, "{seen}");
    }
}
