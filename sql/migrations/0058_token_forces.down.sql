DROP TABLE token_forces;
