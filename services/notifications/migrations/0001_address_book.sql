-- The one place for names and addresses. It stands outside the journal, so that a person can be erased and the
-- proof that an address stood (its salted hash, in ContactGiven) remains.
create table address_book (
    address_id text primary key,
    organisation_id text not null,
    person_id text,
    office text not null,
    channel text not null check (channel in ('email', 'letter')),
    address text,
    name text,
    salt bytea,
    written_at timestamptz not null default now(),
    erased_at timestamptz,
    check ((erased_at is null) = (address is not null)),
    check ((erased_at is null) = (salt is not null)),
    check (erased_at is null or name is null)
);
create index on address_book (person_id) where erased_at is null;
create index on address_book (organisation_id);
