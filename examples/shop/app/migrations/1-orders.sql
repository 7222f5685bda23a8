CREATE TABLE orders (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL);
CREATE TABLE jobs (
  order_id INTEGER PRIMARY KEY REFERENCES orders,
  state TEXT NOT NULL DEFAULT 'waiting', -- then taken, then done
  taken_by TEXT,
  taken_until REAL
);
CREATE INDEX jobs_by_state ON jobs (state, order_id);
-- Not unique by order: a job that is done twice is to be seen.
CREATE TABLE invoices (order_id INTEGER NOT NULL REFERENCES orders, text TEXT NOT NULL, signature TEXT NOT NULL, release TEXT NOT NULL);
