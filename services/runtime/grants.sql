-- What the role that a service runs under may do beside the role that owns its database: read everything, write the
-- journal through its functions alone, and keep what follows the journal. Applied after every migration; also by hand,
-- as the owner: psql -v runtime_role=funding -f grants.sql
grant usage on schema ledger, public to :"runtime_role";
revoke all on all tables in schema ledger, public from :"runtime_role";
revoke all on all functions in schema ledger from :"runtime_role";

grant select on all tables in schema ledger, public to :"runtime_role";
grant execute on function
    ledger.append, ledger.take, ledger.receive, ledger.settle_held, ledger.load, ledger.hold
to :"runtime_role";
grant insert, update on ledger.follower, ledger.lease to :"runtime_role";
grant insert on ledger.request, ledger.reaction, ledger.witness to :"runtime_role";
grant insert, update, delete on ledger.reaction_left to :"runtime_role";
grant update (state, behind, reason) on ledger.held to :"runtime_role";

-- a request that was received can be let go until it is decided; what was answered stays
grant delete on ledger.request to :"runtime_role";
alter table ledger.request enable row level security;
drop policy if exists seen on ledger.request;
drop policy if exists received on ledger.request;
drop policy if exists let_go on ledger.request;
create policy seen on ledger.request for select using (true);
create policy received on ledger.request for insert with check (outcome is null);
create policy let_go on ledger.request for delete using (outcome is null);

-- tables of a service's own beside the journal, such as the address book
grant insert, update, delete on all tables in schema public to :"runtime_role";
revoke insert, update, delete on public.migration from :"runtime_role";
