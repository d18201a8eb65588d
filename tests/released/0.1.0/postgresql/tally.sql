


SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;


CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'a release is frozen'; END $$;



CREATE FUNCTION public.refuse_late_cell() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM release WHERE month = NEW.month) THEN RAISE EXCEPTION 'a release is frozen'; END IF; RETURN NEW; END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;


CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);



CREATE TABLE public.open_month (
    month character varying(7) NOT NULL,
    layout text NOT NULL,
    sealed bytea NOT NULL
);



CREATE TABLE public.release (
    month character varying(7) NOT NULL,
    is_whole boolean NOT NULL
);



CREATE TABLE public.release_cell (
    grid character varying(20) NOT NULL,
    month character varying(7) NOT NULL,
    part character varying(64) NOT NULL,
    level character varying(20) NOT NULL,
    value integer NOT NULL
);



CREATE TABLE public.site (
    id character varying(40) NOT NULL,
    title character varying(120) NOT NULL,
    code_hash bytea NOT NULL,
    generation integer NOT NULL,
    is_retired boolean NOT NULL
);



CREATE TABLE public.supervisor (
    name character varying(64) NOT NULL,
    password_hash character varying(200) NOT NULL,
    site character varying(40) NOT NULL,
    totp_secret character varying(64) NOT NULL,
    totp_last integer NOT NULL,
    sessions integer NOT NULL
);



CREATE TABLE public.ticket (
    hash bytea NOT NULL,
    month character varying(7) NOT NULL
);



INSERT INTO public.alembic_version VALUES ('0001');



INSERT INTO public.open_month VALUES ('2027-03', '{"sites":["main","ward"],"signs":["abuse-signs","advertised-by-others","afraid-of-others","afraid-to-speak","age-misstated","always-available","begging-for-others","bound-to-criminals","cannot-refuse-sex","child-for-others","daily-amount","danger-played-down","deductions","distrusts-authorities","documents-withheld","drawn-in-by-partner","earnings-taken","endless-debt","extreme-working-conditions","false-job","false-promises","false-protection","family-threatened","feels-trapped","few-rights-known","forced-by-family","forced-crime","forced-marriage","forced-work","hidden-work","household-no-privacy","household-no-rest","humiliated","large-debt","little-contact","little-or-no-pay","lives-at-work","marriage-traded","moved-often","moved-or-housed-by-others","no-free-movement","none","offered-a-move","organ-pressed","others-gain-from-sex","passed-on","place-unknown","power-abused","punished","put-to-work-on-arrival","recruited-by-trusted","sex-to-repay","shamed-into-silence","stays-where-sex-is-sold","telephone-controlled","threatened","threatened-with-report","trauma-signs","unclear-account","watched"]}', '\x19c7043eaa6740bd5a7e48547ac022995d4d70d37a1676681b3be460767d50ab203cce97b0a33d557b57558b2717a99a40dd5295bc6fa790e87325566875a3f36efa8382517672e40c0de8097392f726359dd8b5358b4990caabeb5f12f8a991a97eeadb736d5ad40c7a89823f590d2b6dbb064204a8b8290917115bcc94eb67aeee41b5904b357edba08692ff4a3e9db1f414372a9d149d692a1a29580420959bf078660bd9fa392d275be9f0fcba94395b8d51e778765380f261d7e8c23d61e59fee5959837880318c8f21759cf247d5c8f6f481fdb866fcb649d2f6ade86ee2fcf3abd3e5b6a05e0ca5541f444804d591c0bc45c6f543bd1ae9caf59a5381be12509adc946f1af2b0651937219cbcffe3ea1e836ba266e372fdf644437c69ca72076eb1f4ec233ef754b6355a124a82fcf86f1a39c5e42d42444a87909d824455bd5f574ff19dd1a9b4ad8e17daf8005574b9e3dced0a64c826f6d93933f8c48585608c897586f52e7c9a8e4ec99e42f15a28');



INSERT INTO public.release VALUES ('2027-01', true);
INSERT INTO public.release VALUES ('2027-02', true);



INSERT INTO public.release_cell VALUES ('outcomes', '2027-01', 'main', 'act-now', -8);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-01', 'main', 'seek-advice', 38);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-01', 'main', 'stay-attentive', 0);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-01', 'main', 'too-little-known', 0);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-01', 'main', 'nothing-noted', 0);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0000', '', 3);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0001', '', 3);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0010', '', 0);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0011', '', 0);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0100', '', -2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0101', '', -2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0110', '', 0);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '0111', '', 7);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1000', '', 4);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1001', '', 3);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1010', '', 34);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1011', '', -2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1100', '', 3);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1101', '', 2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1110', '', 2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-01', '1111', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'abuse-signs', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'advertised-by-others', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'afraid-of-others', '', -12);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'afraid-to-speak', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'age-misstated', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'always-available', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'begging-for-others', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'bound-to-criminals', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'cannot-refuse-sex', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'child-for-others', '', 8);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'daily-amount', '', 5);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'danger-played-down', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'deductions', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'distrusts-authorities', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'documents-withheld', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'drawn-in-by-partner', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'earnings-taken', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'endless-debt', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'extreme-working-conditions', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'false-job', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'false-promises', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'false-protection', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'family-threatened', '', 7);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'feels-trapped', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'few-rights-known', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'forced-by-family', '', -14);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'forced-crime', '', -5);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'forced-marriage', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'forced-work', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'hidden-work', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'household-no-privacy', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'household-no-rest', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'humiliated', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'large-debt', '', 38);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'little-contact', '', 11);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'little-or-no-pay', '', -6);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'lives-at-work', '', 6);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'marriage-traded', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'moved-often', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'moved-or-housed-by-others', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'no-free-movement', '', 7);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'none', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'offered-a-move', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'organ-pressed', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'others-gain-from-sex', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'passed-on', '', -6);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'place-unknown', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'power-abused', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'punished', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'put-to-work-on-arrival', '', -5);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'recruited-by-trusted', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'sex-to-repay', '', -11);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'shamed-into-silence', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'stays-where-sex-is-sold', '', -13);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'telephone-controlled', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'threatened', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'threatened-with-report', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'trauma-signs', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'unclear-account', '', -8);
INSERT INTO public.release_cell VALUES ('signs', '2027-01', 'watched', '', -21);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'main', 'act-now', 0);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'main', 'seek-advice', 3);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'main', 'stay-attentive', -4);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'main', 'too-little-known', -2);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'main', 'nothing-noted', -1);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'ward', 'act-now', -2);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'ward', 'seek-advice', 40);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'ward', 'stay-attentive', -1);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'ward', 'too-little-known', 1);
INSERT INTO public.release_cell VALUES ('outcomes', '2027-02', 'ward', 'nothing-noted', -2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0000', '', 1);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0001', '', 1);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0010', '', 2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0011', '', 1);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0100', '', 2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0101', '', -3);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0110', '', 7);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '0111', '', 8);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1000', '', 2);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1001', '', 1);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1010', '', 38);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1011', '', 0);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1100', '', 0);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1101', '', 10);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1110', '', -6);
INSERT INTO public.release_cell VALUES ('circumstances', '2027-02', '1111', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'abuse-signs', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'advertised-by-others', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'afraid-of-others', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'afraid-to-speak', '', 7);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'age-misstated', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'always-available', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'begging-for-others', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'bound-to-criminals', '', 4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'cannot-refuse-sex', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'child-for-others', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'daily-amount', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'danger-played-down', '', -6);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'deductions', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'distrusts-authorities', '', -6);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'documents-withheld', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'drawn-in-by-partner', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'earnings-taken', '', 5);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'endless-debt', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'extreme-working-conditions', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'false-job', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'false-promises', '', -13);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'false-protection', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'family-threatened', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'feels-trapped', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'few-rights-known', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'forced-by-family', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'forced-crime', '', -6);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'forced-marriage', '', -7);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'forced-work', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'hidden-work', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'household-no-privacy', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'household-no-rest', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'humiliated', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'large-debt', '', 48);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'little-contact', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'little-or-no-pay', '', -12);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'lives-at-work', '', -1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'marriage-traded', '', 6);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'moved-often', '', 4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'moved-or-housed-by-others', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'no-free-movement', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'none', '', 5);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'offered-a-move', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'organ-pressed', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'others-gain-from-sex', '', -2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'passed-on', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'place-unknown', '', -7);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'power-abused', '', -5);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'punished', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'put-to-work-on-arrival', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'recruited-by-trusted', '', 3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'sex-to-repay', '', 1);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'shamed-into-silence', '', 2);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'stays-where-sex-is-sold', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'telephone-controlled', '', -20);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'threatened', '', 5);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'threatened-with-report', '', -3);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'trauma-signs', '', -4);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'unclear-account', '', 0);
INSERT INTO public.release_cell VALUES ('signs', '2027-02', 'watched', '', 3);



INSERT INTO public.site VALUES ('ward', 'Ward', '\xd872c3f5661f084d938e27f291b9c7b4f85efacbee7ccb1790646ddcbf4b87e9', 1, false);



INSERT INTO public.supervisor VALUES ('Ann', '$argon2id$v=19$m=65536,t=3,p=4$csQcGt70DWlI0tsup8Zj7Q$JHjS5r2xvC3CWVtrSYKPiV/lN77mCZydKy0QfbYxi8c', '', '', 0, 899800409);



INSERT INTO public.ticket VALUES ('\x490b991fe8f7f6011d4d7e4e040dcbc56d4da2e9768148d5f55e927b1392e1db', '2027-03');



ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);



ALTER TABLE ONLY public.open_month
    ADD CONSTRAINT open_month_pkey PRIMARY KEY (month);



ALTER TABLE ONLY public.release_cell
    ADD CONSTRAINT release_cell_pkey PRIMARY KEY (grid, month, part, level);



ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (month);



ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (id);



ALTER TABLE ONLY public.supervisor
    ADD CONSTRAINT supervisor_pkey PRIMARY KEY (name);



ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT ticket_pkey PRIMARY KEY (hash);



CREATE TRIGGER release_cell_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON public.release_cell FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER release_cell_late BEFORE INSERT ON public.release_cell FOR EACH ROW EXECUTE FUNCTION public.refuse_late_cell();



CREATE TRIGGER release_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON public.release FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();




