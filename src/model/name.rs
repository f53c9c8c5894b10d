//! Names from the configuration, each a type of its own so that none is taken for another. A copy shares the letters: a
//! hundred thousand items name few accounts.

use std::fmt;
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the name as it stands; the configuration has checked it.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A person: `[me] id`, or the stem of their file.
    PersonName
);
name!(
    /// An `[[account]]`, a login.
    AccountName
);
name!(
    /// A `[[chat]]`: it is called at `/hook/NAME`.
    HookName
);
name!(
    /// A `[[digest]]`.
    DigestName
);
name!(
    /// A `[[rule]]`.
    RuleName
);
name!(
    /// A group of `[groups]`, without its `@`.
    GroupName
);
