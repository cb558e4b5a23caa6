-- Faces and plates in a photo may be covered. What others see is a set of files of its own.

-- cover: the covered areas, as parts of width and height (JSON), '' of an uncovered photo.
-- cover_id: the files with them burned in; until they are ready nobody but the desk sees any.
ALTER TABLE photos
  ADD COLUMN cover VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' AFTER reason,
  ADD COLUMN cover_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' AFTER cover,
  ADD COLUMN cover_ready BOOLEAN NOT NULL DEFAULT TRUE AFTER cover_id;
