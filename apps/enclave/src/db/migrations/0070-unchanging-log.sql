-- Nothing by itself: rights are given anew with each migration, and from here on none to change the audit log (`migrate.ts`).
select 1;
