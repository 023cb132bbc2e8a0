//! The store contract, on both stores.

mod sqlite {
    backend::store_contract!(crate::places::in_a_file);
}

mod postgres {
    backend::store_contract!(crate::places::on_a_server);
}
