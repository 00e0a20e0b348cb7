-- The journal and everything that stands beside it. Functions run with their owner's rights, so that the role a
-- service runs under needs no right to write the journal except through them.
create schema ledger;

create table ledger.head (
    one boolean primary key default true check (one),
    position bigint not null,
    hash bytea not null,
    time timestamptz not null
);
-- SHA-256 of 'compact journal 1'
insert into ledger.head values (true, 0, sha256('compact journal 1'::bytea), 'epoch');

create table ledger.journal (
    position bigint primary key,
    id text not null,
    source text not null,
    type text not null,
    time timestamptz not null,
    recorded timestamptz not null,
    actor text not null,
    role text not null,
    onbehalfof text not null,
    correlationid text not null,
    causationid text not null,
    tags text[] not null,
    audience text not null check (audience in ('private', 'services', 'partners', 'received')),
    knew text not null,
    sequence bigint not null,
    origin_hash bytea not null,
    data bytea not null check (octet_length(data) <= 262144),
    query jsonb,
    known_to bigint,
    hash bytea not null
);
create unique index journal_id on ledger.journal (source, id);
create index journal_published on ledger.journal (position) where audience in ('services', 'partners');
create index journal_shared on ledger.journal (position) where audience = 'partners';
create index journal_own on ledger.journal (position) where audience <> 'received';
create unique index journal_received on ledger.journal (source, sequence) where audience = 'received';

create table ledger.tagged (
    tag text not null,
    position bigint not null,
    type text not null,
    primary key (tag, position) include (type)
);

create table ledger.request (
    key text primary key,
    request_hash bytea not null,
    received_at timestamptz not null,
    reserved_at timestamptz not null default now(),
    about text not null default '',
    outcome text,
    position bigint,
    status int,
    answer bytea
);
create index request_undecided on ledger.request (about) where outcome is null;

create table ledger.follower (
    name text primary key,
    position bigint not null
);

create table ledger.reader (
    topic text primary key,
    sequence bigint not null default 0,
    hash bytea not null default ''::bytea,
    next_offset bigint not null default 0
);

create table ledger.witness (
    source text not null,
    position bigint not null,
    hash bytea not null,
    primary key (source, position)
);

create table ledger.held (
    held_id text primary key,
    topic text not null,
    message_offset bigint not null,
    sequence bigint,
    subject text not null,
    reason text not null,
    headers jsonb not null,
    value bytea not null,
    behind text not null default '',
    state text not null default 'held' check (state in ('held', 'released', 'discarded')),
    held_at timestamptz not null default now()
);
create index held_subject on ledger.held (topic, subject) where state = 'held';

create table ledger.reaction (
    name text primary key,
    deployed_at bigint not null
);

create table ledger.reaction_left (
    reaction text not null,
    position bigint not null,
    subject text not null,
    state text not null check (state in ('waiting', 'failed', 'behind')),
    reason text not null,
    wakes text[] not null default '{}',
    tries int not null default 0,
    since timestamptz not null default now(),
    primary key (reaction, position)
);

create table ledger.lease (
    name text primary key,
    holder text not null,
    until timestamptz not null
);

create table ledger.local (
    one boolean primary key default true check (one),
    secret bytea not null default sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea),
    made_at timestamptz not null default now()
);
insert into ledger.local default values;


create function ledger.iso(moment timestamptz) returns text language sql immutable parallel safe as $$
    select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Enters rows at the head, which the caller has locked. Rows come as parallel arrays.
create function ledger.enter(
    h ledger.head, p_now timestamptz, p_ids text[], p_sources text[], p_types text[], p_times timestamptz[],
    p_actors text[], p_roles text[], p_onbehalfof text[], p_correlations text[], p_causations text[], p_tags text[],
    p_audiences text[], p_knew text[], p_sequences bigint[], p_origins bytea[], p_data bytea[],
    p_query jsonb, p_known_to bigint
) returns ledger.head language plpgsql as $$
declare
    n int := cardinality(p_ids);
    at timestamptz := greatest(h.time, p_now);
    recorded text := ledger.iso(at);
    hashes bytea[] := array_fill(null::bytea, array[n]);
    moment text;
    known text := coalesce((select string_agg(topic || '=' || sequence, ' ' order by topic) from ledger.reader), '');
begin
    for i in 1..n loop
        if p_audiences[i] <> 'received' then
            p_times[i] := at;
            p_knew[i] := known;
        end if;
        moment := ledger.iso(p_times[i]);
        h.hash := sha256(h.hash || convert_to(
            octet_length((h.position + i)::text) || ':' || (h.position + i) || ','
            || octet_length(p_ids[i]) || ':' || p_ids[i] || ','
            || octet_length(p_sources[i]) || ':' || p_sources[i] || ','
            || octet_length(p_types[i]) || ':' || p_types[i] || ','
            || octet_length(moment) || ':' || moment || ','
            || octet_length(recorded) || ':' || recorded || ','
            || octet_length(p_actors[i]) || ':' || p_actors[i] || ','
            || octet_length(p_roles[i]) || ':' || p_roles[i] || ','
            || octet_length(p_onbehalfof[i]) || ':' || p_onbehalfof[i] || ','
            || octet_length(p_correlations[i]) || ':' || p_correlations[i] || ','
            || octet_length(p_causations[i]) || ':' || p_causations[i] || ','
            || octet_length(p_tags[i]) || ':' || p_tags[i] || ','
            || octet_length(p_audiences[i]) || ':' || p_audiences[i] || ','
            || octet_length(p_knew[i]) || ':' || p_knew[i] || ','
            || octet_length(p_sequences[i]::text) || ':' || p_sequences[i] || ','
            || octet_length(encode(p_origins[i], 'hex')) || ':' || encode(p_origins[i], 'hex') || ',',
            'UTF8') || p_data[i]);
        hashes[i] := h.hash;
    end loop;
    insert into ledger.journal
    select h.position + r.n, r.id, r.source, r.type, r.time, at, r.actor, r.role, r.onbehalfof, r.correlation,
           r.causation, string_to_array(r.tags, ' '), r.audience, r.knew, r.sequence, r.origin, r.data,
           p_query, p_known_to, r.hash
    from unnest(p_ids, p_sources, p_types, p_times, p_actors, p_roles, p_onbehalfof, p_correlations, p_causations,
                p_tags, p_audiences, p_knew, p_sequences, p_origins, p_data, hashes) with ordinality
         as r(id, source, type, time, actor, role, onbehalfof, correlation, causation, tags, audience, knew,
              sequence, origin, data, hash, n);
    insert into ledger.tagged
    select t.tag, h.position + r.n, r.type
    from unnest(p_tags, p_types) with ordinality as r(tags, type, n),
         lateral unnest(string_to_array(r.tags, ' ')) as t(tag)
    on conflict do nothing;
    h.position := h.position + n;
    h.time := at;
    update ledger.head set position = h.position, hash = h.hash, time = h.time;
    return h;
end $$;

-- Whether a fact that one of the items covers stands after `p_after`. Each item: its first tag, the other tags and the
-- types, each list separated by spaces.
create function ledger.changed(p_tags text[], p_others text[], p_types text[], p_after bigint) returns boolean
language plpgsql stable as $$
begin
    for i in 1..cardinality(p_tags) loop
        if exists (
            select from ledger.tagged t
            where t.tag = p_tags[i] and t.position > p_after and t.type = any (string_to_array(p_types[i], ' '))
              and (p_others[i] = '' or not exists (
                select from unnest(string_to_array(p_others[i], ' ')) as o(tag)
                where not exists (
                    select from ledger.tagged x where x.tag = o.tag and x.position = t.position)))
        ) then
            return true;
        end if;
    end loop;
    return false;
end $$;

-- Appends what was decided. `verdict` is 'done'; 'changed' where a covered fact has arrived since `p_known_to`;
-- 'answered' where the request key was decided already, or received first with another body; 'behind' where the journal lost rows that the caller has seen.
create function ledger.append(
    p_seen bigint, p_item_tags text[], p_item_others text[], p_item_types text[], p_known_to bigint, p_query jsonb,
    p_key text, p_request_hash bytea, p_received_at timestamptz, p_outcome text, p_status int, p_answer bytea,
    p_now timestamptz, p_source text, p_actors text[], p_roles text[], p_onbehalfof text[], p_correlations text[],
    p_causation text, p_ids text[], p_types text[], p_tags text[], p_audiences text[], p_data bytea[],
    out verdict text, out at bigint, out status int, out answer bytea, out request_hash bytea
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    h ledger.head;
    k ledger.request;
    n int := cardinality(p_ids);
begin
    select * into h from ledger.head for update;
    if h.position < p_seen then
        verdict := 'behind';
        return;
    end if;
    if p_key is not null then
        select * into k from ledger.request r where r.key = p_key;
        if k.outcome is not null or k.request_hash <> p_request_hash then
            verdict := 'answered'; at := k.position; status := k.status; answer := k.answer;
            request_hash := k.request_hash;
            return;
        end if;
    end if;
    if ledger.changed(p_item_tags, p_item_others, p_item_types, p_known_to) then
        verdict := 'changed';
        return;
    end if;
    if n > 0 then
        h := ledger.enter(h, p_now, p_ids, array_fill(p_source, array[n]), p_types,
            array_fill(p_now, array[n]), p_actors, p_roles, p_onbehalfof, p_correlations,
            array_fill(p_causation, array[n]), p_tags, p_audiences, array_fill(''::text, array[n]),
            array_fill(0::bigint, array[n]), array_fill(''::bytea, array[n]), p_data, p_query, p_known_to);
    end if;
    if p_key is not null then
        insert into ledger.request (key, request_hash, received_at, outcome, position, status, answer)
        values (p_key, p_request_hash, p_received_at, p_outcome, h.position, p_status, p_answer)
        on conflict (key) do update set outcome = excluded.outcome, position = excluded.position,
            status = excluded.status, answer = excluded.answer;
    end if;
    verdict := 'done'; at := h.position; status := p_status; answer := p_answer;
end $$;

-- Takes a batch from a topic: received rows and, between them, own rows that say what was held. The reader's position
-- moves with them, and only if it is still where the caller saw it ('moved' otherwise).
create function ledger.take(
    p_topic text, p_sequence_before bigint, p_hash_before bytea, p_sequence bigint, p_hash bytea, p_offset bigint,
    p_now timestamptz, p_ids text[], p_sources text[], p_types text[], p_times timestamptz[], p_actors text[],
    p_roles text[], p_onbehalfof text[], p_correlations text[], p_causations text[], p_tags text[],
    p_audiences text[], p_knew text[], p_sequences bigint[], p_origins bytea[], p_data bytea[],
    p_held jsonb, out verdict text, out at bigint
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    h ledger.head;
begin
    select * into h from ledger.head for update;
    -- What stood in the way of a subject may have been settled since the caller looked.
    if exists (
        select from jsonb_to_recordset(p_held) as x(behind text)
        where coalesce(x.behind, '') <> ''
          and not exists (select from ledger.held o where o.held_id = x.behind and o.state = 'held')
          and not exists (select from jsonb_to_recordset(p_held) as y(held_id text) where y.held_id = x.behind)
    ) then
        verdict := 'moved';
        return;
    end if;
    insert into ledger.reader (topic) values (p_topic) on conflict do nothing;
    update ledger.reader set sequence = p_sequence, hash = p_hash, next_offset = p_offset
    where topic = p_topic and sequence = p_sequence_before and hash = p_hash_before;
    if not found then
        verdict := 'moved';
        return;
    end if;
    if p_held is not null then
        insert into ledger.held (held_id, topic, message_offset, sequence, subject, reason, headers, value, behind)
        select x.held_id, p_topic, x.message_offset, x.sequence, x.subject, x.reason, x.headers,
               decode(x.value, 'base64'), coalesce(x.behind, '')
        from jsonb_to_recordset(p_held) as x(held_id text, message_offset bigint, sequence bigint, subject text,
                                             reason text, headers jsonb, value text, behind text);
    end if;
    if cardinality(p_ids) > 0 then
        h := ledger.enter(h, p_now, p_ids, p_sources, p_types, p_times, p_actors, p_roles, p_onbehalfof,
            p_correlations, p_causations, p_tags, p_audiences, p_knew, p_sequences, p_origins, p_data, null, null);
    end if;
    verdict := 'done'; at := h.position;
end $$;

-- Lets held messages enter the journal (released) or go (discarded), with the own event that says so.
create function ledger.settle_held(
    p_held_ids text[], p_state text, p_now timestamptz, p_ids text[], p_sources text[], p_types text[],
    p_times timestamptz[], p_actors text[], p_roles text[], p_onbehalfof text[], p_correlations text[],
    p_causations text[], p_tags text[], p_audiences text[], p_knew text[], p_sequences bigint[], p_origins bytea[],
    p_data bytea[], out verdict text, out at bigint
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp as $$
declare
    h ledger.head;
    settled int;
begin
    select * into h from ledger.head for update;
    update ledger.held set state = p_state where held_id = any (p_held_ids) and state = 'held';
    get diagnostics settled = row_count;
    if settled <> cardinality(p_held_ids) then
        raise exception 'a held message was settled meanwhile';
    end if;
    h := ledger.enter(h, p_now, p_ids, p_sources, p_types, p_times, p_actors, p_roles, p_onbehalfof,
        p_correlations, p_causations, p_tags, p_audiences, p_knew, p_sequences, p_origins, p_data, null, null);
    verdict := 'done'; at := h.position;
end $$;

-- The facts that the items cover, each item from its own position on, in journal order, with the head they were read
-- under; a single row with null `position` where there is none.
create function ledger.load(p_tags text[], p_others text[], p_types text[], p_after bigint[])
returns table (
    head bigint, "position" bigint, id text, source text, type text, "time" timestamptz, recorded timestamptz,
    actor text, role text, onbehalfof text, correlationid text, causationid text, tags text[], data bytea
) language sql stable
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select h.position, j.position, j.id, j.source, j.type, j.time, j.recorded, j.actor, j.role, j.onbehalfof,
           j.correlationid, j.causationid, j.tags, j.data
    from ledger.head h
    left join lateral (
        select distinct t.position
        from unnest(p_tags, p_others, p_types, p_after) as i(tag, others, types, after),
             lateral (
                select t.position from ledger.tagged t
                where t.tag = i.tag and t.position > i.after
                  and t.type = any (string_to_array(i.types, ' '))
                  and (i.others = '' or not exists (
                    select from unnest(string_to_array(i.others, ' ')) as o(tag)
                    where not exists (
                        select from ledger.tagged x where x.tag = o.tag and x.position = t.position)))
             ) t
    ) hit on true
    left join ledger.journal j on j.position = hit.position
    order by j.position
$$;

-- A lease in system time: true where the caller holds it now.
create function ledger.hold(p_name text, p_holder text, p_seconds double precision) returns boolean
language plpgsql as $$
begin
    insert into ledger.lease as l values (p_name, p_holder, clock_timestamp() + make_interval(secs => p_seconds))
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
    where l.holder = p_holder or l.until < clock_timestamp();
    return found;
end $$;

revoke all on all functions in schema ledger from public;
