import { tellStory } from './story.ts';

tellStory('networkmanager-keyfile');
