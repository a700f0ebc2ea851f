//! What `wit-bindgen` makes of the two worlds, and a program that uses it: that all compiles is what there is to see.
//! WIT_BINDINGS: where the reader wrote.

#[allow(warnings)]
pub mod guest {
    include!(concat!(env!("WIT_BINDINGS"), "/rust/guest.rs"));
}

#[allow(warnings)]
pub mod host {
    include!(concat!(env!("WIT_BINDINGS"), "/rust/host.rs"));
}

/// The program of docs/wit.md.
#[deny(warnings)]
pub mod example {
    use crate::guest::perry;
    include!(concat!(env!("WIT_BINDINGS"), "/rust/example.rs"));
}
