-- Who is sending a notice to an address right now, or until when nobody should try again. System time.
create table send_leases (
    notice_id text not null,
    address_id text not null,
    holder text not null,
    until timestamptz not null,
    primary key (notice_id, address_id)
);
