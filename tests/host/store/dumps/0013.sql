BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0013');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	logger_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	who VARCHAR(60) NOT NULL, 
	what VARCHAR(40) NOT NULL, 
	which VARCHAR(200) NOT NULL, 
	"before" VARCHAR, 
	"after" VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id)
);
CREATE TABLE blocks (
	id INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "blocks" VALUES(1361772545,X'78DA63646260605810ABC7BC88918181859161C16E5E06909013033743868D4D0607475105B3A760390B9F18509481A70244B2088348A71C060617308B25174432A9333070FEE503627E067E900003580B04707231A002AF90F560DAF00A0356C0CD7D561899CF04A5D960028CA5C2200C007B6E0FCC');
CREATE TABLE boards (
	id INTEGER NOT NULL, 
	uid VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (uid)
);
INSERT INTO "boards" VALUES(1,'e66118604b5c2a31');
CREATE TABLE consumer_unit_meters (
	unit_id INTEGER NOT NULL, 
	meter_id INTEGER NOT NULL, 
	PRIMARY KEY (unit_id, meter_id), 
	FOREIGN KEY(unit_id) REFERENCES consumer_units (id) ON DELETE CASCADE, 
	FOREIGN KEY(meter_id) REFERENCES meters (id) ON DELETE CASCADE
);
CREATE TABLE consumer_unit_users (
	unit_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	PRIMARY KEY (unit_id, user_id), 
	FOREIGN KEY(unit_id) REFERENCES consumer_units (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE consumer_units (
	id INTEGER NOT NULL, 
	logger_id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	description VARCHAR(500) NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT one_unit_per_name UNIQUE (logger_id, name), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id)
);
CREATE TABLE dated_readings (
	id INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE deliveries (
	board_id INTEGER NOT NULL, 
	boot BIGINT NOT NULL, 
	number BIGINT NOT NULL, 
	PRIMARY KEY (board_id, boot), 
	FOREIGN KEY(board_id) REFERENCES boards (id)
);
INSERT INTO "deliveries" VALUES(1,1,2);
CREATE TABLE driver_templates (
	id INTEGER NOT NULL, 
	logger_id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	manufacturer VARCHAR(3) NOT NULL, 
	version INTEGER NOT NULL, 
	records INTEGER NOT NULL, 
	content VARCHAR NOT NULL, 
	deleted_at BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id)
);
CREATE TABLE loggers (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "loggers" VALUES(1,'');
CREATE TABLE meter_values (
	meter_id INTEGER NOT NULL, 
	head VARCHAR(500) NOT NULL, 
	nth INTEGER NOT NULL, 
	designation VARCHAR(100) NOT NULL, 
	unit VARCHAR(20) NOT NULL, 
	factor VARCHAR(20) NOT NULL, 
	phase INTEGER, 
	tariff INTEGER, 
	month INTEGER, 
	PRIMARY KEY (meter_id, head, nth), 
	FOREIGN KEY(meter_id) REFERENCES meters (id) ON DELETE CASCADE
);
CREATE TABLE meters (
	id INTEGER NOT NULL, 
	address VARCHAR(16) NOT NULL, 
	name VARCHAR(200) DEFAULT '' NOT NULL, 
	site VARCHAR(200) DEFAULT '' NOT NULL, 
	baud INTEGER DEFAULT '2400' NOT NULL, 
	cycle_s INTEGER, 
	snd_nke BOOLEAN DEFAULT '1' NOT NULL, 
	application_reset INTEGER, 
	segment INTEGER DEFAULT '1' NOT NULL, 
	per_day INTEGER, 
	settle_ms INTEGER DEFAULT '0' NOT NULL, 
	retries INTEGER DEFAULT '2' NOT NULL, 
	"primary" INTEGER, 
	secondary VARCHAR(16), 
	manufacturer VARCHAR(3), 
	serial VARCHAR(8), 
	version INTEGER, 
	medium INTEGER, 
	changed_from VARCHAR(16), 
	state VARCHAR(8) DEFAULT 'unread' NOT NULL, 
	status INTEGER, 
	last_read_at BIGINT, 
	last_attempt_at BIGINT, 
	error_key VARCHAR(40), 
	error_detail VARCHAR(400), 
	logger_id INTEGER NOT NULL, cost_centre VARCHAR(200) DEFAULT '' NOT NULL, comment VARCHAR(500) DEFAULT '' NOT NULL, meter_type INTEGER, deleted_at BIGINT, former_address VARCHAR(16), fault_told VARCHAR(40), values_revision INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT meter_id_fits_the_reading_key CHECK (id BETWEEN 1 AND 65535), 
	CONSTRAINT meter_state_known CHECK (state IN ('unread', 'ok', 'alarm', 'error')), 
	CONSTRAINT one_meter_per_address UNIQUE (logger_id, address), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id)
);
INSERT INTO "meters" VALUES(1,'10','Cellar','',2400,NULL,1,NULL,1,NULL,0,2,10,NULL,'ACW','11490378',14,22,NULL,'ok',NULL,1795350600000,NULL,NULL,NULL,1,'','',NULL,NULL,NULL,NULL,0);
INSERT INTO "meters" VALUES(2,'1149037877040E16','','',2400,NULL,1,NULL,1,NULL,0,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'unread',NULL,NULL,NULL,NULL,NULL,1,'','',NULL,NULL,NULL,NULL,0);
CREATE TABLE readings (
	id INTEGER NOT NULL, 
	frames BLOB NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE settings (
	logger_id INTEGER NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY (logger_id, name), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id)
);
INSERT INTO "settings" VALUES(1,'ReadoutSettings','{"cycle_s": 600, "dates": [[0, 31, 23]], "zone": "Europe/Zurich"}');
INSERT INTO "settings" VALUES(1,'SiteSettings','{"zone": "Europe/Zurich"}');
CREATE TABLE status_messages (
	id INTEGER NOT NULL, 
	logger_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	"key" VARCHAR(40) NOT NULL, 
	meter_id INTEGER, 
	which VARCHAR(40) NOT NULL, 
	cause VARCHAR(40) NOT NULL, 
	detail VARCHAR(400) NOT NULL, 
	source VARCHAR(100) NOT NULL, 
	cleared_at BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id), 
	FOREIGN KEY(meter_id) REFERENCES meters (id) ON DELETE SET NULL
);
CREATE TABLE tokens (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	hashed VARCHAR(64) NOT NULL, 
	read_only BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	used_at BIGINT, 
	PRIMARY KEY (id), 
	CONSTRAINT one_token_per_name UNIQUE (user_id, name), 
	CONSTRAINT one_token_per_hash UNIQUE (hashed), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	logger_id INTEGER NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	name_key VARCHAR(240) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	password VARCHAR(200) NOT NULL, 
	must_change BOOLEAN NOT NULL, 
	language VARCHAR(2), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT user_role_known CHECK (role IN ('administrator', 'standard')), 
	CONSTRAINT one_user_per_name UNIQUE (logger_id, name_key), 
	FOREIGN KEY(logger_id) REFERENCES loggers (id)
);
INSERT INTO "users" VALUES(1,1,'Olga','olga','administrator','hash',0,'fr',1795000000000);
COMMIT;
