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
    /// The aggregate that joins texts.
    pub(crate) text_of: &'static str,
    /// A random text.
    pub(crate) random: &'static str,
    /// What a set of client ids is passed as: `k(conversation_id, author_id, client_id)`.
    pub(crate) keys: &'static str,
    /// What a set of counts is passed as: `b(id, n, version, at)`.
    pub(crate) counts: &'static str,
    /// What a set of numbered messages is passed as, a table `m` with the columns of `messages`.
    pub(crate) rows: &'static str,
    /// The same with whom they call and where their words come from.
    pub(crate) rich_rows: &'static str,
    /// What a set of notifications is passed as, a table `n` with columns of `notifications`.
    pub(crate) notices: &'static str,
    /// What a set of ids is passed as in `$1`: `i(id)`.
    pub(crate) ids: &'static str,
    /// What a set of texts is passed as in `$2`: `t(text)`.
    pub(crate) texts: &'static str,
}

pub(crate) const POSTGRES: Dialect = Dialect {
    backend: DbBackend::Postgres,
    for_update: "FOR UPDATE",
    first_members: "(SELECT string_agg(f.user_id::text || f.role, ',') FROM \
        (SELECT user_id, role FROM members WHERE conversation_id = c.id \
         ORDER BY joined_at, user_id LIMIT 100) f)",
    text_of: "string_agg",
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
    rich_rows: "(SELECT conversation_id, seq, pos, id, author_id, client_id, body, \
            NULLIF(reply_to, '00000000-0000-0000-0000-000000000000'::uuid) AS reply_to, created_at, \
            NULLIF(mentions, '') AS mentions, \
            NULLIF(forward_author_id, '00000000-0000-0000-0000-000000000000'::uuid) \
                AS forward_author_id, \
            CASE WHEN forward_author_id <> '00000000-0000-0000-0000-000000000000'::uuid \
                THEN forward_created_at END AS forward_created_at \
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], \
            $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::uuid[], $12::bigint[]) \
            AS u(conversation_id, seq, pos, id, author_id, client_id, body, reply_to, created_at, \
            mentions, forward_author_id, forward_created_at)) AS m",
    notices: "unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[], $5::bigint[], \
        $6::uuid[], $7::bigint[]) AS n(conversation_id, pos, user_id, kind, seq, by_id, at)",
    ids: "unnest($1::uuid[]) AS i(id)",
    texts: "unnest($2::text[]) AS t(text)",
};

// A JSON text of arrays stands for each set, so that every size of it is the same statement.
pub(crate) const SQLITE: Dialect = Dialect {
    backend: DbBackend::Sqlite,
    for_update: "",
    first_members: "(SELECT group_concat(lower(hex(f.user_id)) || f.role, ',') FROM \
        (SELECT user_id, role FROM members WHERE conversation_id = c.id \
         ORDER BY joined_at, user_id LIMIT 100) f)",
    text_of: "group_concat",
    random: "lower(hex(randomblob(16)))",
    keys: "(SELECT unhex(j.value ->> 0) AS conversation_id, unhex(j.value ->> 1) AS author_id, \
        j.value ->> 2 AS client_id FROM json_each($1) AS j) AS k",
    counts: "(SELECT unhex(j.value ->> 0) AS id, j.value ->> 1 AS n, j.value ->> 2 AS version, \
        j.value ->> 3 AS at FROM json_each($1) AS j) AS b",
    rows: "(SELECT unhex(j.value ->> 0) AS conversation_id, j.value ->> 1 AS seq, \
        j.value ->> 2 AS pos, unhex(j.value ->> 3) AS id, unhex(j.value ->> 4) AS author_id, \
        j.value ->> 5 AS client_id, j.value ->> 6 AS body, unhex(j.value ->> 7) AS reply_to, \
        j.value ->> 8 AS created_at FROM json_each($1) AS j) AS m",
    rich_rows: "(SELECT unhex(j.value ->> 0) AS conversation_id, j.value ->> 1 AS seq, \
        j.value ->> 2 AS pos, unhex(j.value ->> 3) AS id, unhex(j.value ->> 4) AS author_id, \
        j.value ->> 5 AS client_id, j.value ->> 6 AS body, unhex(j.value ->> 7) AS reply_to, \
        j.value ->> 8 AS created_at, j.value ->> 9 AS mentions, \
        unhex(j.value ->> 10) AS forward_author_id, j.value ->> 11 AS forward_created_at \
        FROM json_each($1) AS j) AS m",
    notices: "(SELECT unhex(j.value ->> 0) AS conversation_id, j.value ->> 1 AS pos, \
        unhex(j.value ->> 2) AS user_id, j.value ->> 3 AS kind, j.value ->> 4 AS seq, \
        unhex(j.value ->> 5) AS by_id, j.value ->> 6 AS at FROM json_each($1) AS j) AS n",
    ids: "(SELECT unhex(j.value) AS id FROM json_each($1) AS j) AS i",
    texts: "(SELECT j.value AS text FROM json_each($2) AS j) AS t",
};
