-- One database per service and one for the data keys of people.
CREATE DATABASE onboarding;
CREATE DATABASE documents;
CREATE DATABASE customer_registry;
CREATE DATABASE notifications;
CREATE DATABASE keyring;
