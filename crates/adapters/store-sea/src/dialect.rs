//! Where the SQL of the two databases differs. Everything else is written once: both take `$1`
//! parameters, `RETURNING`, `UPDATE … FROM` and `ON CONFLICT`.

use sea_orm::DbBackend;

/// The differing pieces.
#[derive(Debug)]
pub(crate) struct Dialect {
    pub(crate) backend: DbBackend,
    /// Ends a `SELECT` whose rows shall stay as they are until the end of the transaction. SQLite
    /// needs no word for it: a transaction that writes is the only one.
    pub(crate) for_update: &'static str,
    /// The first members of the conversation `c` as one text: `<id><role>`, separated by commas.
    pub(crate) first_members: &'static str,
    /// A random text.
    pub(crate) random: &'static str,
    /// What a set of client ids is passed as: `k(conversation_id, author_id, client_id)`.
    pub(crate) keys: &'static str,
    /// What a set of counts is passed as: `b(id, n, version, at)`.
    pub(crate) counts: &'static str,
    /// What a set of numbered messages is passed as, a table `m` with the columns of `messages`.
    pub(crate) rows: &'static str,
}

pub(crate) const POSTGRES: Dialect = Dialect {
    backend: DbBackend::Postgres,
    for_update: "FOR UPDATE",
    first_members: "(SELECT string_agg(f.user_id::text || f.role, ',') FROM \
        (SELECT user_id, role FROM members WHERE conversation_id = c.id \
         ORDER BY joined_at, user_id LIMIT 100) f)",
    random: "replace(gen_random_uuid()::text, '-', '')",
    keys: "unnest($1::uuid[], $2::uuid[], $3::text[]) AS k(conversation_id, author_id, client_id)",
    counts: "unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) \
        AS b(id, n, version, at)",
    // An array holds no NULL here; the nil UUID stands for no reply.
    rows: "(SELECT conversation_id, seq, pos, id, author_id, client_id, body, \
            NULLIF(reply_to, '00000000-0000-0000-0000-000000000000'::uuid) AS reply_to, created_at \
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], \
            $7::text[], $8::uuid[], $9::bigint[]) AS u(conversation_id, seq, pos, id, author_id, \
            client_id, body, reply_to, created_at)) AS m",
};

// A JSON text of arrays stands for each set, so that every size of it is the same statement.
pub(crate) const SQLITE: Dialect = Dialect {
    backend: DbBackend::Sqlite,
    for_update: "",
    first_members: "(SELECT group_concat(lower(hex(f.user_id)) || f.role, ',') FROM \
        (SELECT user_id, role FROM members WHERE conversation_id = c.id \
         ORDER BY joined_at, user_id LIMIT 100) f)",
    random: "lower(hex(randomblob(16)))",
    keys: "(SELECT unhex(j.value ->> 0) AS conversation_id, unhex(j.value ->> 1) AS author_id, \
        j.value ->> 2 AS client_id FROM json_each($1) AS j) AS k",
    counts: "(SELECT unhex(j.value ->> 0) AS id, j.value ->> 1 AS n, j.value ->> 2 AS version, \
        j.value ->> 3 AS at FROM json_each($1) AS j) AS b",
    rows: "(SELECT unhex(j.value ->> 0) AS conversation_id, j.value ->> 1 AS seq, \
        j.value ->> 2 AS pos, unhex(j.value ->> 3) AS id, unhex(j.value ->> 4) AS author_id, \
        j.value ->> 5 AS client_id, j.value ->> 6 AS body, unhex(j.value ->> 7) AS reply_to, \
        j.value ->> 8 AS created_at FROM json_each($1) AS j) AS m",
};
