DROP TABLE imports;
DROP TABLE roster_phones;
DROP TABLE liaison_deputies;
DROP TABLE liaison_communities;
DROP TABLE liaisons;
DROP TABLE buildings;
