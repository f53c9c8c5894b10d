//! The program `tidings`: everything is in the library.

fn main() {}
