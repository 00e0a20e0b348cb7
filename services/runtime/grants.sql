-- What the role that a service runs under may do beside the role that owns its database: read everything, write the
-- journal through its functions alone, and keep what follows the journal. Applied after every migration; also by hand,
-- as the owner: psql -v runtime_role=funding -f grants.sql
grant usage on schema ledger, public to :"runtime_role";
revoke all on all tables in schema ledger, public from :"runtime_role";
revoke all on all functions in schema ledger from :"runtime_role";

grant select on all tables in schema ledger, public to :"runtime_role";
grant execute on function
    ledger.append, ledger.take, ledger.settle_held, ledger.load, ledger.hold
to :"runtime_role";
grant insert, update on ledger.follower, ledger.lease to :"runtime_role";
grant insert on ledger.request, ledger.reaction, ledger.witness to :"runtime_role";
grant insert, update, delete on ledger.reaction_left to :"runtime_role";
grant update (state) on ledger.held to :"runtime_role";

-- tables of a service's own beside the journal, such as the address book
grant insert, update, delete on all tables in schema public to :"runtime_role";
revoke insert, update, delete on public.migration from :"runtime_role";
