interface Phrase {
  /** The whole sentence, which the person may change. */
  id: string
  name: string
}

/** Sentences to begin a reason about a booking from, by command. Those about reports are the office's own (quick.ts). */
export const phrases: Record<string, Phrase[]> = {
  decline: [
    { id: '这个时间临时有公务，很抱歉。请您换一个时间，或者约另一位代表。', name: '临时有公务' },
    { id: '这件事我不太熟悉，建议您约更了解这方面的代表。', name: '另一位更合适' },
  ],
  object: [
    { id: '我当天到了联络站，没有签上到。', name: '我到了' },
    { id: '我事先打过电话说明来不了。', name: '事先说过' },
  ],
  counter: [
    { id: '原来的时间有公务，换成这个时间可以吗？', name: '原来的时间有公务' },
    { id: '想留多一点时间听您说，换成这个时间可以吗？', name: '想多留点时间' },
  ],
}

/** What the empty field asks for. */
export const reasonHints: Record<string, string> = {
  reject: '写明原因和可以去哪里办，反映人会看到',
  return: '请反映人补充什么',
  send_back: '为什么不归您单位，归哪里更合适',
  supervise: '为什么要督办',
  object: '说说当时的情况，联络站会核实',
  refuse: '哪里还没解决？拍张照更清楚',
  ask: '想问反映人什么？对方回答之前，期限暂停',
  ask_time: '为什么要延期，还要做什么',
  extend: '为什么要延、还要做什么，反映人会看到',
  deny_time: '为什么不同意延期，可以先做什么',
}

/** What the empty field asks for. */
export const noteHints: Record<string, string> = {
  complete: '谈了什么、答复了什么、要不要跟进。写进服务记录，选民看不到',
  verify: '在现场看到了什么',
  submit: '补充您要说的情况',
  answer: '怎么答复的，反映人会看到',
  split: '另一个问题是什么？会原样写进新的一件',
  hand_over: '和谁一起、怎么商量着办，反映人会看到',
  add: '补充您知道的新情况',
  reply: '您的回答',
  part_done: '您单位办了什么',
  comment: '想对联络站说的话',
  suggest: '打算提什么建议',
  relay: '请联络站打电话告诉反映人什么',
  relayed: '怎么转告的，反映人怎么说',
  confirm: '居民是怎么说的',
}

/** What the words are called, where they are neither a reason nor an explanation. */
export const wordNames: Record<string, string> = {
  ask: '要问的问题',
  return: '请对方补充什么',
  split: '另一个问题',
  comment: '留言',
  suggest: '打算提的建议',
  relay: '要转告的话',
  relayed: '怎么转告的',
  add: '补充的情况',
  submit: '补充的情况',
  reply: '您的回答',
  confirm: '居民怎么说的',
}
