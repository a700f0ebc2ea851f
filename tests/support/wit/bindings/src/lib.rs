//! What `wit-bindgen` makes of the two worlds: that it compiles is all there is to see. WIT_BINDINGS: where the reader wrote.

#[allow(warnings)]
pub mod guest {
    include!(concat!(env!("WIT_BINDINGS"), "/rust/guest.rs"));
}

#[allow(warnings)]
pub mod host {
    include!(concat!(env!("WIT_BINDINGS"), "/rust/host.rs"));
}
