//! The bus contract.

use backend::contract::bus as promise;

macro_rules! bus_contract {
    ($($name:ident)*) => { $(
        #[tokio::test]
        async fn $name() {
            promise::$name(&*backend::memory_bus()).await;
        }
    )* };
}

bus_contract! {
    every_subscriber_hears_everything_from_then_on_in_order
    who_does_not_listen_lags_and_goes_on
    who_waits_is_woken
}
