//! The integration tests: one binary, a topic a file.
