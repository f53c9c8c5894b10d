//! By which names the services of hooks call their ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::identity::Id;
use crate::model::name::HookName;

/// The names of one hook's ids.
type Names = BTreeMap<Id, String>;

/// The names that all hooks have learned.
#[derive(Debug, Default)]
pub struct HookNames(BTreeMap<HookName, Arc<Names>>);

impl HookNames {
    /// Those of one hook.
    pub fn of(&self, hook: &HookName) -> Arc<Names> {
        self.0.get(hook).cloned().unwrap_or_default()
    }

    /// Whether it calls this id so.
    pub fn knows(&self, hook: &HookName, id: Id, name: &str) -> bool {
        self.0.get(hook).and_then(|names| names.get(&id)).is_some_and(|known| known == name)
    }

    /// It calls this id so from now on.
    pub fn put(&mut self, hook: HookName, id: Id, name: String) {
        Arc::make_mut(self.0.entry(hook).or_default()).insert(id, name);
    }

    /// It has no name for this id any more.
    pub fn drop_one(&mut self, hook: &HookName, id: Id) {
        if let Some(names) = self.0.get_mut(hook) {
            Arc::make_mut(names).remove(&id);
        }
    }
}
