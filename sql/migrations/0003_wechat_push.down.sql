DROP TABLE wechat_events;
DROP TABLE official_followers;
