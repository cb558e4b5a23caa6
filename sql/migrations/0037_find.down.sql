ALTER TABLE persons DROP KEY persons_name;
DROP TABLE found_marks;
DROP TABLE found_words;
