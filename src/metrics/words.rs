//! The words by which counters are told apart: closed sets, so that no stranger's text becomes a series.

/// A closed set of words for one label.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident [$count:literal] { $($(#[$variant_doc:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them: each is shown from the beginning, with 0.
            pub const ALL: [Self; $count] = [$(Self::$variant,)+];

            /// As a label's value.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// What was decided of a message.
    Decided[5] {
        /// It passes, because of its level.
        Pass => "pass",
        /// It waits.
        Hold => "hold",
        /// A rule files it away.
        Drop => "drop",
        /// A rule leaves it alone.
        Ignore => "ignore",
        /// It passes though nobody said that it is urgent: never held, or not to be judged.
        LetThrough => "let_through",
    }
}

words! {
    /// Of which kind an edition is.
    Edition[4] {
        /// A digest.
        Digest => "digest",
        /// What could wait no longer.
        Overdue => "overdue",
        /// One urgent message, sent on.
        Forward => "forward",
        /// Urgent chat.
        Alert => "alert",
    }
}

words! {
    /// What became of an attempt to send a letter, where that is known.
    Sent[3] {
        /// The server took it.
        Accepted => "accepted",
        /// It is tried again.
        Deferred => "deferred",
        /// It was given up.
        Failed => "failed",
    }
}

words! {
    /// What became of an errand.
    Done[3] {
        /// It was done.
        Done => "done",
        /// It is tried again.
        Deferred => "deferred",
        /// The server will not do it.
        Refused => "refused",
    }
}

words! {
    /// Why an account ceased to be watched.
    Failure[3] {
        /// Nobody was reached.
        Unreachable => "unreachable",
        /// The server let nobody in.
        Login => "login",
        /// Anything else.
        Other => "other",
    }
}

words! {
    /// What became of a request to a hook.
    Called[4] {
        /// It was proven, and what it says is kept.
        Taken => "taken",
        /// It set the hook up, or tried its address: nothing of it would be kept.
        Handshake => "handshake",
        /// It was not believed, or not understood.
        Refused => "refused",
        /// It could not be kept now, and is to be sent again.
        Later => "later",
    }
}
