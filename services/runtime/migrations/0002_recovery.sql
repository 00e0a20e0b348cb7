-- What a restore lost and nobody else holds keeps its position, as a row that says so.
alter table ledger.journal drop constraint journal_audience_check;
alter table ledger.journal add constraint journal_audience_check
    check (audience in ('private', 'services', 'partners', 'received', 'lost'));

-- Takes a batch like `ledger.take`; 'behind' where the journal lost rows that the caller has seen.
create function ledger.receive(
    p_seen bigint, p_topic text, p_sequence_before bigint, p_hash_before bytea, p_sequence bigint, p_hash bytea,
    p_offset bigint, p_now timestamptz, p_ids text[], p_sources text[], p_types text[], p_times timestamptz[],
    p_actors text[], p_roles text[], p_onbehalfof text[], p_correlations text[], p_causations text[], p_tags text[],
    p_audiences text[], p_knew text[], p_sequences bigint[], p_origins bytea[], p_data bytea[],
    p_held jsonb, out verdict text, out at bigint
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp as $$
declare
    h ledger.head;
begin
    select * into h from ledger.head for update;
    if h.position < p_seen then
        verdict := 'behind';
        return;
    end if;
    select t.verdict, t.at into verdict, at from ledger.take(
        p_topic, p_sequence_before, p_hash_before, p_sequence, p_hash, p_offset, p_now, p_ids, p_sources, p_types,
        p_times, p_actors, p_roles, p_onbehalfof, p_correlations, p_causations, p_tags, p_audiences, p_knew,
        p_sequences, p_origins, p_data, p_held) as t;
end $$;

revoke all on function ledger.receive from public;
